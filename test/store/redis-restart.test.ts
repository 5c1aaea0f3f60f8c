import { expect, it } from 'vitest'
import type { News } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { openWorld } from './redis-world.ts'

const DOCUMENTS = 5_000
const TOGETHER = 50
/** Promised: so long after Redis is back. Milliseconds. */
const CURRENT_WITHIN_MS = 3_000

it('is current three seconds after a Redis that was killed is back, with 5,000 documents watched', async () => {
  await using world = await openWorld({ appendonly: true })
  const { one, other, redis, news } = world
  const all = Array.from({ length: DOCUMENTS }, () => ({
    id: someId(),
    heard: new Recorder<News<Note>>(),
  }))
  const inTurns = async (act: (each: (typeof all)[number]) => Promise<unknown>, which = all) => {
    for (let at = 0; at < which.length; at += TOGETHER) await Promise.all(which.slice(at, at + TOGETHER).map(act))
  }
  await inTurns(({ id }) => other.commit(notes, id, note(1)))
  await inTurns(({ id, heard }) => one.watch(notes, id, heard.listen))
  // What moves now, the watching store can't hear: it must find it when everything is back.
  await news.refuse()
  news.cut()
  const moved = all.filter((_, at) => at % 10 === 0)
  await inTurns(({ id }) => other.commit(notes, id, note(2)), moved)
  await redis.kill()
  await news.accept()
  await redis.restart()

  const back = performance.now()
  await Promise.all(moved.map(({ heard }) => heard.until(isVersion(2), { within: CURRENT_WITHIN_MS })))
  await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: false }), { within: CURRENT_WITHIN_MS })
  const took = Math.round(performance.now() - back)
  console.log(`${DOCUMENTS} watched documents current ${took} ms after Redis was back`)
  expect(took).toBeLessThan(CURRENT_WITHIN_MS)
  expect(all.filter(({ heard }) => heard.heard.length > 0)).toHaveLength(moved.length)
  expect(one.counters).toMatchObject({ rolledBack: 0, repaired: moved.length })
  // And it hears again.
  await other.commit(notes, all[1]?.id ?? '', note(2))
  await all[1]?.heard.until(isVersion(2), { within: 1_000 })
  expect(versions(all[1]?.heard.heard ?? [])).toEqual([2])
})
