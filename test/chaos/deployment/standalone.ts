import { Redis } from 'ioredis'
import { kindOfRedisConnection } from '../../support/redis-connection-kind.ts'
import { startRedis } from '../../support/redis-server.ts'
import { startProxy } from '../../support/tcp-proxy.ts'
import type { Deployment } from './deployment.ts'

/** One Redis that has written to its disk whatever it acknowledges. */
export async function startStandalone(): Promise<Deployment> {
  const redis = await startRedis({ appendonly: true, args: ['--appendfsync', 'always'] })
  const client = new Redis(redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => 50 })
  // Told by the write that fails.
  client.on('error', () => undefined)
  return {
    kind: 'standalone',
    failsOver: false,
    async connect() {
      const proxy = await startProxy(redis.url, { kindOf: kindOfRedisConnection })
      return { url: proxy.url, proxy, close: () => proxy.stop() }
    },
    async write() {
      await client.set('chaos:write', Date.now())
    },
    freeze: async () => redis.freeze(),
    thaw: () => redis.thaw(),
    restart: () => redis.restart(),
    async configure(setting, value) {
      await client.config('SET', setting, value)
    },
    async stop() {
      client.disconnect()
      await redis.stop()
    },
  }
}
