import { afterAll, beforeAll } from 'vitest'
import { type RedisSentinel, startSentinel } from '../support/redis-sentinel.ts'
import { openPair } from './redis-pair.ts'
import { describeStore } from './store-contract.ts'

let redis: RedisSentinel
beforeAll(async () => {
  redis = await startSentinel()
}, 60_000)
afterAll(() => redis.stop())

describeStore('redis behind Sentinels, sealed', () => openPair(redis.url))
