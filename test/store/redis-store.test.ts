import { afterAll, beforeAll } from 'vitest'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { openPair } from './redis-pair.ts'
import { describeStore } from './store-contract.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

describeStore('redis, sealed', () => openPair(redis.url))
describeStore('redis, in the clear', () => openPair(redis.url, []))
