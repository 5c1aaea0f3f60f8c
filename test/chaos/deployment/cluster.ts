import { setTimeout as sleep } from 'node:timers/promises'
import calculateSlot from 'cluster-key-slot'
import { Cluster } from 'ioredis'
import { startCluster } from '../../support/redis-cluster.ts'
import type { RedisServer } from '../../support/redis-server.ts'
import type { Deployment } from './deployment.ts'

const SLOTS = 16_384
const SHARDS = 3
const WRITE_MS = 1_000
/** So many slots are moved, each slowly enough that hubs meet it in every state. */
const MOVED_SLOTS = 12
const MOVING_MS = 300

/** Three primaries with a replica each. */
export async function startClusterDeployment(): Promise<Deployment> {
  const redis = await startCluster({ appendonly: true, args: ['--appendfsync', 'always'] })
  const client = new Cluster(
    redis.servers.map(({ port }) => ({ host: '127.0.0.1', port })),
    {
      clusterRetryStrategy: () => 50,
      retryDelayOnFailover: 50,
      retryDelayOnClusterDown: 50,
      maxRedirections: 4,
      slotsRefreshInterval: 500,
      redisOptions: { commandTimeout: WRITE_MS, maxRetriesPerRequest: 0 },
    },
  )
  // Told by the write that fails.
  client.on('error', () => undefined)
  const keys = Array.from({ length: SHARDS }, (_, shard) => keyOfShard(shard))
  const victimKey = keys[0] as string
  let frozen: RedisServer | undefined
  return {
    kind: 'cluster',
    failsOver: true,
    connect: async () => ({ url: redis.url, close: async () => undefined }),
    async write() {
      await Promise.all(keys.map((key) => client.set(key, Date.now())))
    },
    async freeze() {
      frozen = await redis.ownerOf(victimKey)
      frozen.freeze()
    },
    thaw: () => frozen?.thaw(),
    restart: async () => (await redis.ownerOf(victimKey)).restart(),
    async failover() {
      const primary = await redis.ownerOf(victimKey)
      await primary.kill()
      await redis.failedOver(victimKey, primary)
      await primary.restart()
    },
    async migrateSlots() {
      for (let moved = 0; moved < MOVED_SLOTS; moved++) {
        const primaries = await redis.primaries()
        const key = await primaries[moved % primaries.length]?.cli('randomkey')
        if (!key) throw new Error('there is nothing to move')
        const migration = await redis.beginMigration(key)
        await sleep(MOVING_MS)
        await migration.finish()
      }
    },
    async configure(setting, value) {
      for (const server of redis.servers) await server.cli('config', 'set', setting, value)
    },
    async stop() {
      client.disconnect()
      await redis.stop()
    },
  }
}

/** A key that is served by the n-th of the primaries, as a new cluster deals the slots out. */
function keyOfShard(shard: number): string {
  for (let number = 0; ; number++) {
    const key = `chaos:write:${number}`
    if (Math.floor((calculateSlot(key) * SHARDS) / SLOTS) === shard) return key
  }
}
