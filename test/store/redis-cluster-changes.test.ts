import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'vitest'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { eventually } from '../support/eventually.ts'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { note, notes } from './note.ts'
import { WatchedNotes } from './watched-notes.ts'

interface World extends AsyncDisposable {
  readonly redis: RedisCluster
  readonly one: RedisStore
  readonly other: RedisStore
  /** The channels of documents that a server has subscribers for. */
  channelsAt(server: RedisServer): Promise<string[]>
  /** The same, of all of them. */
  channels(): Promise<string[]>
}

async function openWorld(): Promise<World> {
  const redis = await startCluster({ appendonly: true })
  const prefix = randomUUID()
  const options = { url: redis.url, prefix, storeKeys: [randomBytes(32)] }
  const [one, other] = [await RedisStore.connect(options), await RedisStore.connect(options)]
  const close = async () => {
    await Promise.all([one.close(), other.close()])
    await redis.stop()
  }
  const channelsAt = async (server: RedisServer) =>
    (await server.cli('pubsub', 'shardchannels', `${prefix}:{*}`)).split('\n').filter((name) => name !== '')
  return {
    redis,
    one,
    other,
    channelsAt,
    channels: async () => (await Promise.all((await redis.primaries()).map(channelsAt))).flat(),
    [Symbol.asyncDispose]: close,
  }
}

describe('redis cluster', { timeout: 90_000 }, () => {
  it('hears of a document from the server that keeps it, and only where it is watched', async ({ expect }) => {
    await using world = await openWorld()
    const { redis, one, other } = world
    const watched = await WatchedNotes.begin(one, other, 60)
    const primaries = await redis.primaries()
    const held = await Promise.all(primaries.map((server) => world.channelsAt(server)))
    expect(held.flat()).toHaveLength(60)
    for (const [at, names] of held.entries()) {
      expect(names.length).toBeGreaterThan(0)
      for (const name of names) expect(await redis.ownerOf(name)).toBe(primaries[at])
      // One connection for each: the other store, which writes them all, is not told.
      const counts = (await primaries[at]?.cli('pubsub', 'shardnumsub', ...names))
        ?.split('\n')
        .filter((_, n) => n % 2 === 1)
      expect(new Set(counts)).toEqual(new Set(['1']))
    }
    // And a commit is published by nobody else.
    const id = watched.ids[0] ?? ''
    const published = async () =>
      Promise.all(
        primaries.map(async (server) =>
          Number(/cmdstat_spublish:calls=(\d+)/.exec(await server.cli('info', 'commandstats'))?.[1]),
        ),
      )
    const before = await published()
    const began = performance.now()
    for (let version = 2; version <= 501; version++) await other.commit(notes, id, note(version))
    const after = await published()
    const probes = 2 * (1 + Math.ceil((performance.now() - began) / 2_000))
    const more = after.map((count, at) => count - (before[at] ?? 0)).sort((a, b) => b - a)
    expect(more[0]).toBeGreaterThanOrEqual(500)
    expect(more[1]).toBeLessThanOrEqual(probes)
    expect(more[2]).toBeLessThanOrEqual(probes)
  })

  it.for(['killed', 'frozen'] as const)('goes on when a primary is %s', async (how) => {
    await using world = await openWorld()
    const { redis, one, other } = world
    const watched = await WatchedNotes.begin(one, other, 30)
    await watched.allIsWell()
    const [name = ''] = await world.channels()
    const before = await redis.ownerOf(name)
    if (how === 'killed') await before.kill()
    else before.freeze()
    await redis.failedOver(name, before)
    await watched.changeAll()
    await watched.allHeard()
    if (how === 'killed') await before.restart()
    else before.thaw()
    await eventually(async () => (await before.cli('role')).startsWith('slave'), { within: 20_000, every: 100 })
    await watched.changeAll()
    await watched.allHeard()
    await watched.allIsWell()
  })

  it('misses nothing while a slot is migrated, which silences a subscriber without a sign', async ({ expect }) => {
    await using world = await openWorld()
    const { redis, one, other } = world
    const watched = await WatchedNotes.begin(one, other, 6)
    await watched.allIsWell()
    const [name = ''] = await world.channels()
    const migration = await redis.beginMigration(name)
    // The document is at its new place, and so is what is published of it; the subscription is not.
    expect(await world.channelsAt(migration.from)).toContain(name)
    await watched.changeAll()
    await watched.allHeard()
    await migration.finish()
    await watched.changeAll()
    await watched.allHeard()
    await eventually(async () => expect(await world.channelsAt(migration.to)).toContain(name), { within: 10_000 })
    await watched.allIsWell()
    expect(one.counters.rolledBack).toBe(0)
    expect(one.counters.repaired).toBeGreaterThan(0)
  })
})
