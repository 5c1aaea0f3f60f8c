import { Redis } from 'ioredis'
import { startSentinel } from '../../support/redis-sentinel.ts'
import type { RedisServer } from '../../support/redis-server.ts'
import type { Deployment } from './deployment.ts'

/** A primary that does not hear of its replicas takes no writes: this is how we tell people to run it. */
const DURABLE = ['--appendfsync', 'always', '--min-replicas-to-write', '1', '--min-replicas-max-lag', '5']
/** A replica that comes back is served at once, and not five seconds later together with others. */
const PROMPT = ['--repl-diskless-sync-delay', '0']
/** How long a write may take before the primary is asked for anew. Milliseconds. */
const WRITE_MS = 1_000

/** A primary, two replicas and three Sentinels. */
export async function startSentinelDeployment(): Promise<Deployment> {
  const redis = await startSentinel({ appendonly: true, args: [...DURABLE, ...PROMPT] })
  const { pathname } = new URL(redis.url.replace(/^redis\+sentinel:/, 'http:').replace(/,[^/]*/, ''))
  const client = new Redis({
    sentinels: redis.sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    name: pathname.slice(1),
    maxRetriesPerRequest: 0,
    commandTimeout: WRITE_MS,
    sentinelCommandTimeout: WRITE_MS,
    retryStrategy: () => 50,
    sentinelRetryStrategy: () => 50,
  })
  // Told by the write that fails.
  client.on('error', () => undefined)
  let frozen: RedisServer | undefined
  return {
    kind: 'sentinel',
    failsOver: true,
    connect: async () => ({ url: redis.url, close: async () => undefined }),
    async write() {
      try {
        await client.set('chaos:write', Date.now())
      } catch (error) {
        // It may be another one by now.
        client.disconnect(true)
        throw error
      }
    },
    async freeze() {
      frozen = await redis.primary()
      frozen.freeze()
    },
    thaw: () => frozen?.thaw(),
    restart: async () => (await redis.primary()).restart(),
    async failover() {
      const primary = await redis.primary()
      await primary.kill()
      await redis.failedOver(primary)
      await primary.restart()
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
