import { describe, expect, it } from 'vitest'
import type { News } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isGone, isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { openWorld } from './redis-world.ts'

/** The promise: no watcher is further behind than this while the store can be reached. Milliseconds. */
const PROMISED = { within: 10_000 }
/** News that comes as a message, and not by the safety net. Milliseconds. */
const AT_ONCE = { within: 1_000 }

// Side by side, each with a Redis of its own: most of their time is waiting.
describe.concurrent('redis store: broken links', () => {
  it('tells what moved while the subscriber was cut off, without being asked', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, news } = world
    const ids = { moved: someId(), still: someId(), created: someId(), purged: someId() }
    for (const id of [ids.moved, ids.still, ids.purged]) await other.commit(notes, id, note(1))
    const heard = { moved: recorder(), still: recorder(), created: recorder(), purged: recorder() }
    for (const what of ['moved', 'still', 'created', 'purged'] as const) {
      await one.watch(notes, ids[what], heard[what].listen)
    }
    expect(one.health()).toEqual({ ready: true, doubt: false })

    await news.refuse()
    news.cut()
    await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: true }))
    await other.commit(notes, ids.moved, note(2))
    await other.commit(notes, ids.moved, note(3))
    await other.commit(notes, ids.created, note(1))
    await other.commit(notes, ids.purged, note(2, 'short', other.now() + 200))
    await eventually(async () => expect(await other.read(notes, ids.purged)).toBeUndefined())
    await news.accept()

    await heard.moved.until(isVersion(3), PROMISED)
    await heard.created.until(isVersion(1), PROMISED)
    await heard.purged.until(isGone, PROMISED)
    await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: false }), PROMISED)
    // And from here on everything comes at once again.
    for (const id of [ids.moved, ids.still, ids.created]) {
      const { version } = (await other.read(notes, id)) ?? note(0)
      await other.commit(notes, id, note(version + 1))
    }
    await heard.moved.until(isVersion(4), AT_ONCE)
    await heard.still.until(isVersion(2), AT_ONCE)
    await heard.created.until(isVersion(2), AT_ONCE)
    // The sweep may have come by in between, and found what was there for a moment.
    expect(versions(heard.moved.heard).filter((version) => version !== 2)).toEqual([3, 4])
    expect(versions(heard.purged.heard).filter((version) => version !== 2)).toEqual(['gone'])
    expect(versions(heard.still.heard)).toEqual([2])
    expect(versions(heard.created.heard)).toEqual([1, 2])
  })

  it('shows no old news to who begins to watch while the subscriber is cut off', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, news } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    await one.watch(notes, id, () => undefined)
    await news.refuse()
    news.cut()
    await eventually(() => expect(one.health().doubt).toBe(true))
    await other.commit(notes, id, note(2))
    const late = recorder()
    const watch = await one.watch(notes, id, late.listen)
    expect(watch.document).toEqual(note(2))
    await news.accept()
    await eventually(() => expect(one.health().doubt).toBe(false), PROMISED)
    await other.commit(notes, id, note(3))
    await late.until(isVersion(3), AT_ONCE)
    expect(versions(late.heard)).toEqual([3])
  })

  it('notices a half-open subscriber link, and replaces it', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, news } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    const heard = recorder()
    await one.watch(notes, id, heard.listen)
    // The link that is open now is dead and nobody is told; a new one would work.
    news.blackhole(true)
    news.blackhole(false)
    const doubted = eventually(() => expect(one.health().doubt).toBe(true), PROMISED)
    await other.commit(notes, id, note(2))
    await heard.until(isVersion(2), PROMISED)
    await doubted
    await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: false }), PROMISED)
    await other.commit(notes, id, note(3))
    await heard.until(isVersion(3), AT_ONCE)
    expect(versions(heard.heard)).toEqual([2, 3])
  })

  it('stays in doubt while the subscriber link is dead, and is behind by ten seconds at most', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, news } = world
    const id = someId()
    const heard = recorder()
    await one.watch(notes, id, heard.listen)
    news.blackhole(true)
    await eventually(() => expect(one.health().doubt).toBe(true), PROMISED)
    await other.commit(notes, id, note(1))
    await heard.until(isVersion(1), PROMISED)
    expect(one.health().doubt).toBe(true)
    news.blackhole(false)
    news.cut()
    await eventually(() => expect(one.health().doubt).toBe(false), PROMISED)
    await other.commit(notes, id, note(2))
    await heard.until(isVersion(2), AT_ONCE)
  })

  it('replaces a half-open command link', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, commands } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    commands.blackhole(true)
    commands.blackhole(false)
    await eventually(async () => expect(await one.read(notes, id)).toEqual(note(1)), PROMISED)
    expect(await one.commit(notes, id, note(2))).toBe('committed')
  })

  it('hears by the sweep alone what no message told', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, news } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    const heard = recorder()
    await one.watch(notes, id, heard.listen)
    const [channel = ''] = await world.channels()
    let dropped = 0
    news.filter((chunk) => {
      const isNews = chunk.includes('smessage') && chunk.includes(channel)
      if (isNews) dropped += 1
      return !isNews
    })
    const doubts = recorder<boolean>()
    const watching = setInterval(() => doubts.listen(one.health().doubt), 20)
    await other.commit(notes, id, note(2))
    await heard.until(isVersion(2), PROMISED)
    clearInterval(watching)
    expect(dropped).toBe(1)
    expect(one.counters.repaired).toBe(1)
    expect(doubts.heard).not.toContain(true)
    news.filter()
    await other.commit(notes, id, note(3))
    await heard.until(isVersion(3), AT_ONCE)
    expect(versions(heard.heard)).toEqual([2, 3])
  })

  it('notices that Redis holds fewer subscriptions than it was asked for', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, news } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    const heard = recorder()
    await one.watch(notes, id, heard.listen)
    // The document's own news is dropped, and the server says that it knows of one subscription only: the probe's.
    const [channel = ''] = await world.channels()
    let newest = 1
    news.filter((chunk, connection) => {
      newest = connection
      if (connection > 1) return true
      if (chunk.includes('smessage') && chunk.includes(channel)) return false
      return Buffer.from(chunk.toString('latin1').replace(/ ssub=\d/, ' ssub=1'), 'latin1')
    })
    await other.commit(notes, id, note(2))
    await eventually(() => expect(newest).toBe(2), { within: 4_000 })
    await heard.until(isVersion(2), AT_ONCE)
    await other.commit(notes, id, note(3))
    await heard.until(isVersion(3), AT_ONCE)
  })

  it('gets over many cuts in a row, of either link', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, commands, news } = world
    const id = someId()
    const heard = recorder()
    await one.watch(notes, id, heard.listen)
    for (let version = 1; version <= 10; version++) {
      news.cut()
      if (version % 3 === 0) commands.cut()
      await other.commit(notes, id, note(version))
      await heard.until(isVersion(version), PROMISED)
    }
    expect(versions(heard.heard)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: false }), PROMISED)
    expect(await world.subscribers((await world.channels())[0] ?? '')).toBe(1)
  })
})

// By itself: so much at once would hold up the others.
describe('redis store: broken links, many documents', () => {
  it('comes back for two thousand documents, and tells those that moved once', async () => {
    await using world = await openWorld()
    const { one, other, news } = world
    const ids = Array.from({ length: 2_000 }, someId)
    const recorders = ids.map(() => recorder())
    for (let at = 0; at < ids.length; at += 100) {
      const some = ids.slice(at, at + 100)
      await Promise.all(some.map((id) => other.commit(notes, id, note(1))))
      await Promise.all(some.map((id, offset) => one.watch(notes, id, recorders[at + offset]?.listen ?? fail)))
    }
    await news.refuse()
    news.cut()
    await eventually(() => expect(one.health().doubt).toBe(true))
    for (const id of ids.filter((_, at) => at % 20 === 0)) await other.commit(notes, id, note(2))
    await news.accept()
    await eventually(() => expect(one.health().doubt).toBe(false), PROMISED)
    expect(recorders.map(({ heard }) => versions(heard))).toEqual(ids.map((_, at) => (at % 20 === 0 ? [2] : [])))
    expect(await world.channels()).toHaveLength(2_000)
  })
})

function fail(): never {
  throw new Error('nobody listens here')
}

function recorder<T = News<Note>>(): Recorder<T> {
  return new Recorder<T>()
}
