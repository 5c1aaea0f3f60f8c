import { describe, expect, it } from 'vitest'
import type { RedisStore } from '../../server/store/redis/redis-store.ts'
import { type News, StoreUnavailable } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isGone, isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { openWorld } from './redis-world.ts'

const PROMISED = { within: 10_000 }
/** A caller is never left hanging longer than this. Milliseconds. */
const PATIENCE = 600

// One after the other: what is measured here is how long a caller waits.
describe('redis store: Redis is away', () => {
  it('says so in time while Redis is frozen, and is current when it thaws', async () => {
    await using world = await openWorld()
    const { redis, one, other } = world
    const [watched, tried] = [someId(), someId()]
    for (const id of [watched, tried]) await one.commit(notes, id, note(1))
    const heard = new Recorder<News<Note>>()
    const attempted = new Recorder<News<Note>>()
    await one.watch(notes, watched, heard.listen)
    await other.watch(notes, tried, attempted.listen)
    redis.freeze()
    try {
      const calls: (() => Promise<unknown>)[] = [
        () => one.read(notes, watched),
        () => one.commit(notes, tried, note(2)),
        () => other.read(notes, tried),
      ]
      for (const call of calls) expect(await refusal(call)).toBeLessThan(PATIENCE)
      await expect(one.watch(notes, someId(), () => undefined)).rejects.toThrow(StoreUnavailable)
      // Long enough for the driver to notice that nobody answers, and to try other connections.
      await eventually(() => expect(one.health().ready && other.health().ready).toBe(false), { within: 15_000 })
      expect(await refusal(() => one.read(notes, watched))).toBeLessThan(PATIENCE)
    } finally {
      redis.thaw()
    }
    await eventually(async () => expect(await one.read(notes, watched)).toEqual(note(1)), PROMISED)
    for (const store of [one, other]) {
      await eventually(() => expect(store.health()).toEqual({ ready: true, doubt: false }), PROMISED)
    }
    // The commit that was given up may have been carried out after all: then whoever watches must know of it.
    const stored = await other.read(notes, tried)
    if (stored?.version === 2) await attempted.until(isVersion(2), PROMISED)
    expect(await other.commit(notes, watched, note(2))).toBe('committed')
    await heard.until(isVersion(2), { within: 1_000 })
    expect(versions(heard.heard)).toEqual([2])
  })

  it('says so in time while nobody listens on the port', async () => {
    await using world = await openWorld({ appendonly: true })
    const { redis, one } = world
    const id = someId()
    await one.commit(notes, id, note(1))
    const heard = new Recorder<News<Note>>()
    await one.watch(notes, id, heard.listen)
    await redis.kill()
    for (let turn = 1; turn <= 5; turn++) expect(await refusal(() => one.read(notes, id))).toBeLessThan(PATIENCE)
    expect(await refusal(() => one.commit(notes, id, note(2)))).toBeLessThan(PATIENCE)
    await eventually(() => expect(one.health()).toEqual({ ready: false, doubt: true }))
    await redis.restart()
    await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: false }), PROMISED)
    // It kept what it had: nothing is told that nobody changed.
    expect(await one.commit(notes, id, note(2))).toBe('committed')
    await heard.until(isVersion(2), PROMISED)
    expect(versions(heard.heard)).toEqual([2])
  })

  it('tells `gone` when Redis comes back with nothing, and hears what is created then', async () => {
    await using world = await openWorld()
    const { redis, one, other } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    await other.commit(notes, id, note(2))
    const [here, there] = [new Recorder<News<Note>>(), new Recorder<News<Note>>()]
    await one.watch(notes, id, here.listen)
    await other.watch(notes, id, there.listen)
    await redis.restart()
    await Promise.all([here.until(isGone, PROMISED), there.until(isGone, PROMISED)])
    await bothCurrent(one, other)
    expect(await other.commit(notes, id, note(1, 'again'))).toBe('committed')
    await Promise.all([here.until(isVersion(1)), there.until(isVersion(1))])
    expect(versions(here.heard)).toEqual(['gone', 1])
    expect(versions(there.heard)).toEqual(['gone', 1])
  })

  it('tells the store’s truth when commits were undone', async () => {
    await using world = await openWorld()
    const { one, other, client } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    const heard = new Recorder<News<Note>>()
    await one.watch(notes, id, heard.listen)
    const [key = ''] = await world.channels()
    const first = (await client.getBuffer(key)) ?? Buffer.of()
    await other.commit(notes, id, note(2))
    await other.commit(notes, id, note(3, 'undone'))
    await heard.until(isVersion(3))
    // What a failover to a replica that lags behind leaves: the older document.
    await client.set(key, first)
    await heard.until(isVersion(1), PROMISED)
    expect(heard.heard.at(-1)).toEqual(note(1))
    expect(one.counters.rolledBack).toBe(1)
    // And the same version by another commit.
    await other.commit(notes, id, note(2, 'the second life'))
    await eventually(() => expect(heard.heard.at(-1)).toEqual(note(2, 'the second life')), PROMISED)
    expect(versions(heard.heard)).toEqual([2, 3, 1, 2])
  })

  it('tells the store’s truth when the same version is another commit', async () => {
    await using world = await openWorld()
    const { one, other, client } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    const heard = new Recorder<News<Note>>()
    await one.watch(notes, id, heard.listen)
    const [key = ''] = await world.channels()
    const first = (await client.getBuffer(key)) ?? Buffer.of()
    await other.commit(notes, id, note(2, 'undone'))
    await heard.until(isVersion(2))
    await client.set(key, first)
    await other.commit(notes, id, note(2, 'kept'))
    await eventually(() => expect(heard.heard.at(-1)).toEqual(note(2, 'kept')), PROMISED)
    expect(one.counters.rolledBack).toBe(1)
  })
})

async function bothCurrent(...stores: readonly RedisStore[]): Promise<void> {
  await eventually(() => stores.every((store) => store.health().ready && !store.health().doubt), PROMISED)
}

/** How long it took to refuse, in milliseconds; throws when it was not refused, or with another error. */
async function refusal(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  const outcome = await call().catch((error: unknown) => error)
  if (!(outcome instanceof StoreUnavailable)) throw new Error('it was not refused as unavailable', { cause: outcome })
  return performance.now() - began
}
