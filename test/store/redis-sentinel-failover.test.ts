import { randomBytes, randomUUID } from 'node:crypto'
import { describe, it } from 'vitest'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import type { News } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts'
import { isGone, isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { WatchedNotes } from './watched-notes.ts'

const PROMISED = { within: 10_000 }

interface World extends AsyncDisposable {
  readonly redis: RedisSentinel
  readonly one: RedisStore
  readonly other: RedisStore
  /** What an operator was warned of. */
  readonly warnings: object[]
}

async function openWorld(): Promise<World> {
  const redis = await startSentinel({ appendonly: true })
  const warnings: object[] = []
  const quiet = () => undefined
  const log = { info: quiet, error: quiet, warn: (what: object) => void warnings.push(what) }
  const options = { url: redis.url, prefix: randomUUID(), storeKeys: [randomBytes(32)], log }
  const [one, other] = [await RedisStore.connect(options), await RedisStore.connect(options)]
  const close = async () => {
    await Promise.all([one.close(), other.close()])
    await redis.stop()
  }
  return { redis, one, other, warnings, [Symbol.asyncDispose]: close }
}

describe.concurrent('redis behind Sentinels: failover', { timeout: 90_000 }, () => {
  it.for(['killed', 'frozen', 'asked to step down'] as const)('goes on when the primary is %s', async (how) => {
    await using world = await openWorld()
    const { redis, one, other } = world
    const watched = await WatchedNotes.begin(one, other, 20)
    await watched.allIsWell()
    const before = await redis.primary()
    if (how === 'killed') await before.kill()
    else if (how === 'frozen') before.freeze()
    else await redis.failover()
    await redis.failedOver(before)
    await watched.changeAll()
    await watched.allHeard()
    if (how === 'killed') await before.restart()
    else if (how === 'frozen') before.thaw()
    // Now it is a replica, and nobody may be found listening or writing to it.
    await eventually(async () => (await before.cli('role')).startsWith('slave'), { within: 20_000, every: 100 })
    await watched.changeAll()
    await watched.allHeard()
    await watched.allIsWell()
  })

  it('tells the store’s truth, and counts it, when a failover undid what was told', async ({ expect }) => {
    await using world = await openWorld()
    const { redis, one, other } = world
    const [changed, created] = [someId(), someId()]
    const heard = { changed: new Recorder<News<Note>>(), created: new Recorder<News<Note>>() }
    await other.commit(notes, changed, note(1))
    await one.watch(notes, changed, heard.changed.listen)
    await one.watch(notes, created, heard.created.listen)
    const before = await redis.primary()
    // What the primary takes from now on reaches none of its replicas: they can't come in again.
    const size = await before.cli('dbsize')
    const replicas = redis.servers.filter((server) => server !== before)
    for (const replica of replicas) await eventually(async () => (await replica.cli('dbsize')) === size)
    await before.cli('config', 'set', 'requirepass', 'unknown-to-replicas')
    await before.cli('-a', 'unknown-to-replicas', '--no-auth-warning', 'client', 'kill', 'type', 'replica')
    await other.commit(notes, changed, note(2, 'undone'))
    await other.commit(notes, created, note(1, 'undone'))
    await heard.changed.until(isVersion(2))
    await heard.created.until(isVersion(1))
    await before.kill()
    await redis.failedOver(before)

    await heard.changed.until((news) => news !== 'gone' && news.version === 1, PROMISED)
    await heard.created.until(isGone, PROMISED)
    expect(one.counters.rolledBack).toBe(2)
    expect(world.warnings).toContainEqual({ rolled_back: 2 })
    // The other commit of the same version is no duplicate.
    await eventually(
      async () => expect(await other.commit(notes, changed, note(2, 'done'))).toBe('committed'),
      PROMISED,
    )
    await heard.changed.until((news) => news !== 'gone' && news.text === 'done', PROMISED)
    expect(versions(heard.changed.heard)).toEqual([2, 1, 2])
    expect(versions(heard.created.heard)).toEqual([1, 'gone'])
  })
})
