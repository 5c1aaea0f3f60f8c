import { Redis } from 'ioredis'
import type { RedisLink } from '../../server/store/redis/redis-link.ts'
import { Vault } from '../../server/store/redis/vault.ts'
import type { Document, Kind } from '../../server/store/store.ts'
import { TEST_STORE_KEY } from '../support/hub.ts'
import type { RedisServer } from '../support/redis-server.ts'

/** The name under which the hubs keep a document: only who has the store key can tell. */
export async function nameInRedis(redis: RedisServer, kind: Kind<Document>, id: string): Promise<string> {
  const vault = new Vault('assent', [Buffer.from(TEST_STORE_KEY, 'base64')])
  const client = new Redis(redis.url)
  const link: Pick<RedisLink, 'claim' | 'replace'> = {
    claim: async (key) => (await client.getBuffer(key)) ?? Buffer.alloc(0),
    replace: async () => undefined,
  }
  try {
    await vault.agreeOnNames(link as RedisLink)
    return vault.name(kind, id)
  } finally {
    client.disconnect()
  }
}
