import { Redis } from 'ioredis'
import { Vault } from '../../server/store/redis/vault.ts'
import type { Document, Kind } from '../../server/store/store.ts'
import { TEST_STORE_KEY } from '../support/hub.ts'
import type { RedisServer } from '../support/redis-server.ts'

/** The name under which the hubs keep a document: only who has the store key can tell. */
export async function nameInRedis(redis: RedisServer, kind: Kind<Document>, id: string): Promise<string> {
  const vault = new Vault('assent', [Buffer.from(TEST_STORE_KEY, 'base64')])
  const client = new Redis(redis.url)
  const onlyLooking = {
    claim: async (key: string) => (await client.getBuffer(key)) ?? Buffer.alloc(0),
    replace: async () => undefined,
  }
  try {
    await vault.agreeOnNames(onlyLooking)
    return vault.name(kind, id)
  } finally {
    client.disconnect()
  }
}
