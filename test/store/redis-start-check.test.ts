import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { RedisStore, type RedisStoreOptions } from '../../server/store/redis/redis-store.ts'
import { judgeServer } from '../../server/store/redis/server-fitness.ts'
import { eventually } from '../support/eventually.ts'
import { startSentinel } from '../support/redis-sentinel.ts'
import { type RedisOptions, startRedis } from '../support/redis-server.ts'
import { note, notes, someId } from './note.ts'

const EVICTING = { args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] }

describe('a Redis that is connected to', () => {
  it('is warned of when it would forget at a restart', async () => {
    expect(await warningsOf({})).toEqual([expect.stringContaining('appendonly yes')])
    expect(await warningsOf({ appendonly: true })).toEqual([])
  })

  it('is refused in production when it throws documents away, and warned of elsewhere', async () => {
    expect(await warningsOf(EVICTING)).toContainEqual(expect.stringContaining('allkeys-lru'))
    await expect(warningsOf(EVICTING, { strict: true })).rejects.toThrow(/allkeys-lru.*noeviction/)
  })

  it('that was refused is looked at again with the next connection', async () => {
    await using redis = await startRedis(EVICTING)
    const store = RedisStore.open({ url: redis.url, prefix: randomUUID(), storeKeys: [randomBytes(32)], strict: true })
    await expect(store.connected).rejects.toThrow(/allkeys-lru/)
    await redis.cli('config', 'set', 'maxmemory-policy', 'noeviction')
    await redis.cli('client', 'kill', 'type', 'normal')
    await eventually(() => expect(store.health()).toEqual({ ready: true, doubt: false }))
    await store.close()
  })

  it('may forbid to be asked, and is used all the same', async () => {
    await using redis = await startRedis()
    await redis.cli('acl', 'setuser', 'hub', 'on', '>pass', '~*', '&*', '+@all', '-info')
    const { store, warnings } = await connect(redis.url.replace('redis://', 'redis://hub:pass@'))
    const id = someId()
    expect(await store.commit(notes, id, note(1))).toBe('committed')
    expect(await store.read(notes, id)).toEqual(note(1))
    await store.close()
    expect(warnings).toEqual([expect.stringContaining('INFO')])
  })

  it('tells each weakness once, however often it is connected to', async () => {
    await using redis = await startRedis()
    const { store, warnings } = await connect(redis.url)
    await redis.cli('client', 'kill', 'type', 'normal')
    await redis.cli('client', 'kill', 'type', 'pubsub')
    await eventually(() => expect(store.health().doubt).toBe(true))
    await eventually(() => expect(store.health()).toEqual({ ready: true, doubt: false }))
    await store.close()
    expect(warnings).toHaveLength(1)
  })

  it('is warned of when a failover could undo what it acknowledged', { timeout: 60_000 }, async () => {
    await using redis = await startSentinel({ appendonly: true })
    const careless = await connect(redis.url)
    await careless.store.close()
    expect(careless.warnings).toEqual([expect.stringContaining('min-replicas-to-write')])
    await (await redis.primary()).cli('config', 'set', 'min-replicas-to-write', '1')
    const careful = await connect(redis.url)
    await careful.store.close()
    expect(careful.warnings).toEqual([])
  })
})

describe('what a server says of itself', () => {
  const info = (lines: readonly string[]) => ['# Server', ...lines, ''].join('\r\n')
  const fit = ['redis_version:7.0.0', 'maxmemory_policy:noeviction', 'aof_enabled:1', 'connected_slaves:0']

  it.each([
    ['a fit one', fit, 0, 0],
    ['one too old', ['redis_version:6.2.14'], 1, 0],
    ['one that does not say its version', ['redis_mode:standalone'], 1, 0],
    ['a Valkey', ['redis_version:7.2.4', 'server_name:valkey'], 0, 0],
    ['one that evicts', ['redis_version:7.4.1', 'maxmemory_policy:volatile-ttl'], 1, 0],
    ['replicas that are not waited for', ['redis_version:7.0.0', 'connected_slaves:2'], 0, 1],
    ['replicas that are', ['redis_version:7.0.0', 'connected_slaves:2', 'min_slaves_good_slaves:2'], 0, 0],
    ['a full disk', [...fit, 'aof_last_write_status:err'], 0, 1],
  ] as const)('is judged: %s', (_what, lines, refusals, warnings) => {
    const fitness = judgeServer(info(lines), true)
    expect(fitness.refusals).toHaveLength(refusals)
    expect(fitness.warnings).toHaveLength(warnings)
  })
})

async function warningsOf(server: RedisOptions, options: Partial<RedisStoreOptions> = {}): Promise<string[]> {
  await using redis = await startRedis(server)
  const { store, warnings } = await connect(redis.url, options)
  await store.close()
  return warnings
}

async function connect(url: string, options: Partial<RedisStoreOptions> = {}) {
  const warnings: string[] = []
  const log = {
    info: () => undefined,
    warn: (what: object, message: string) => {
      // What is wrong with a connection is told with its error.
      if (!('err' in what) && !('reason' in what)) warnings.push(message)
    },
    error: () => undefined,
  }
  const store = RedisStore.open({ url, prefix: randomUUID(), storeKeys: [randomBytes(32)], log, ...options })
  try {
    await store.connected
  } catch (error) {
    await store.close()
    throw error
  }
  return { store, warnings }
}
