import { randomBytes, randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { RedisStore, type RedisStoreOptions } from '../../server/store/redis/redis-store.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/**
 * A Redis of a test's own, with two stores on it: the links of `one` go through proxies, those of `other` do not.
 * Everything ends with `await using`.
 */
export interface RedisWorld extends AsyncDisposable {
  readonly redis: RedisServer
  readonly prefix: string
  readonly one: RedisStore
  readonly other: RedisStore
  /** On the command link of `one`. */
  readonly commands: TcpProxy
  /** On the subscriber link of `one`. */
  readonly news: TcpProxy
  /** A plain client, for looking and for doing what an intruder would. */
  readonly client: Redis
  /** A further store on the same documents. */
  connect(options?: Partial<RedisStoreOptions>): Promise<RedisStore>
  /** The channels of documents that are subscribed to, by whomever. */
  channels(): Promise<string[]>
  /** How many connections are subscribed to a channel. */
  subscribers(channel: string): Promise<number>
  /** How often Redis has run a command. */
  calls(command: string): Promise<number>
}

export interface WorldOptions {
  /** Default: one of its own, as in production. `[]`: nothing is sealed. */
  readonly storeKeys?: readonly Buffer[]
  readonly appendonly?: boolean
}

export async function openWorld({
  storeKeys = [randomBytes(32)],
  appendonly = false,
}: WorldOptions = {}): Promise<RedisWorld> {
  const endings: (() => unknown)[] = []
  const close = async () => {
    for (const end of endings.splice(0).reverse()) await end()
  }
  try {
    const redis = await startRedis({ appendonly, args: ['--appendfsync', 'always'] })
    endings.push(redis.stop)
    const commands = await startProxy(redis.url)
    endings.push(commands.stop)
    const news = await startProxy(redis.url)
    endings.push(news.stop)
    const client = new Redis(redis.url)
    client.on('error', () => undefined)
    endings.push(() => client.disconnect())
    const prefix = randomUUID()
    const connect = async (options: Partial<RedisStoreOptions> = {}) => {
      const store = await RedisStore.connect({ url: redis.url, prefix, storeKeys, ...options })
      endings.push(() => store.close())
      return store
    }
    const one = await connect({ url: commands.url, subscriberUrl: news.url })
    const other = await connect()
    return {
      redis,
      prefix,
      one,
      other,
      commands,
      news,
      client,
      connect,
      // Documents have a hash tag; what else the driver listens to has none.
      channels: async () => (await client.pubsub('SHARDCHANNELS', `${prefix}:{*}`)) as string[],
      subscribers: async (channel) => Number(((await client.pubsub('SHARDNUMSUB', channel)) as [string, number])[1]),
      calls: async (command) => {
        const stats = await client.info('commandstats')
        return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
      },
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
