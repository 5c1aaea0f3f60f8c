import { randomBytes, randomUUID } from 'node:crypto'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import type { StorePair } from './store-contract.ts'

/** Two stores on the same documents. @param storeKeys default: one, as in production; `[]`: nothing is sealed */
export async function openPair(url: string, storeKeys: readonly Buffer[] = [randomBytes(32)]): Promise<StorePair> {
  const faults: unknown[] = []
  const options = {
    url,
    prefix: randomUUID(),
    storeKeys,
    onListenerError: (fault: unknown) => faults.push(fault),
  }
  const one = await RedisStore.connect(options)
  const other = await RedisStore.connect(options)
  return { one, other, faults, close: async () => void (await Promise.all([one.close(), other.close()])) }
}
