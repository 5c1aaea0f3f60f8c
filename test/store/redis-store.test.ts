import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { describeStore, type StorePair } from './store-contract.ts'

let redis: RedisServer
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

async function openPair(storeKeys?: readonly Buffer[]): Promise<StorePair> {
  const faults: unknown[] = []
  const options = {
    url: redis.url,
    prefix: randomUUID(),
    storeKeys,
    onListenerError: (fault: unknown) => faults.push(fault),
  }
  const one = await RedisStore.connect(options)
  const other = await RedisStore.connect(options)
  return { one, other, faults, close: async () => void (await Promise.all([one.close(), other.close()])) }
}

describeStore('redis, sealed', () => openPair([randomBytes(32)]))
describeStore('redis, in the clear', () => openPair())
