import { afterAll, beforeAll } from 'vitest'
import { type RedisCluster, startCluster } from '../support/redis-cluster.ts'
import { openPair } from './redis-pair.ts'
import { describeStore } from './store-contract.ts'

let redis: RedisCluster
beforeAll(async () => {
  redis = await startCluster()
}, 60_000)
afterAll(() => redis.stop())

describeStore('redis cluster, sealed', () => openPair(redis.url))
