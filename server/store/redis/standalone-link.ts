import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Redis, type RedisOptions } from 'ioredis'
import { HEADER_PREFIX_BYTES } from './header.ts'
import { Heartbeat } from './heartbeat.ts'
import { type CommitRequest, type LinkEvents, type RedisLink, RedisRefused, UnreadableDocument } from './redis-link.ts'

/** Oldest Redis with sharded pub/sub. Valkey reports itself as 7.2 or later. */
const OLDEST_MAJOR = 7
/** After this long a command is struck off the connection's list; its caller has long been answered. Milliseconds. */
const COMMAND_TIMEOUT_MS = 2_000
const LONGEST_RECONNECT_MS = 1_000

const COMMIT_LUA = readFileSync(new URL('./commit.lua', import.meta.url), 'utf8')
const PROBE_LUA = readFileSync(new URL('./probe.lua', import.meta.url), 'utf8')
const RESEAL_LUA = readFileSync(new URL('./reseal.lua', import.meta.url), 'utf8')

interface Scripts {
  assentCommit(
    name: string,
    expected: number,
    version: number,
    commitId: string,
    body: Buffer,
    purgeAt: number | '',
    before: number | '',
    announceBody: 0 | 1,
    builtOn: string,
  ): Promise<[string, number]>
  assentProbe(channel: string, message: string): Promise<number>
  assentReseal(name: string, header: Buffer, value: Buffer): Promise<number>
}

export interface StandaloneLinkOptions {
  readonly url: string
  /** Where the subscriber's connection goes, when not to `url`. */
  readonly subscriberUrl?: string | undefined
  readonly prefix: string
  readonly onError: (error: Error) => void
}

/** One Redis (or Valkey) server: a connection for commands, a connection for news. */
export class StandaloneLink implements RedisLink {
  readonly #commands: Redis & Scripts
  readonly #subscriber: Redis
  readonly #probeChannel: string
  readonly #onError: (error: Error) => void
  #events: LinkEvents | undefined
  #holding = false
  readonly #heartbeat: Heartbeat

  constructor(options: StandaloneLinkOptions) {
    this.#onError = options.onError
    this.#probeChannel = `${options.prefix}:probe:${randomBytes(9).toString('base64url')}`
    this.#commands = withScripts(new Redis(options.url, connection))
    this.#subscriber = new Redis(options.subscriberUrl ?? options.url, { ...connection, autoResubscribe: false })
    this.#heartbeat = new Heartbeat({
      send: async () => this.#events?.time(await this.#commands.assentProbe(this.#probeChannel, '.')),
      deaf: () => this.#renewSubscriber('a probe was sent and not heard'),
      mute: () => this.#commands.disconnect(true),
    })
  }

  start(events: LinkEvents): void {
    this.#events = events
    this.#subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => this.#hear(channel, message))
    for (const client of [this.#commands, this.#subscriber]) {
      client.on('error', this.#onError)
      client.on('close', () => events.doubt('a connection closed'))
      client.on('ready', () => {
        if (this.connected && this.#subscriber.status === 'ready') events.fresh()
      })
      // A failed attempt is told by the error event, and the client tries again by itself.
      client.connect().catch(this.#onError)
    }
    this.#heartbeat.start()
  }

  async prepare(): Promise<void> {
    await refuseOldServers(this.#commands)
    this.#events?.time(await this.#commands.assentProbe(this.#probeChannel, '.'))
    await this.#subscriber.ssubscribe(this.#probeChannel)
    this.#heartbeat.heard()
  }

  async stop(): Promise<void> {
    this.#heartbeat.stop()
    this.#commands.disconnect()
    this.#subscriber.disconnect()
  }

  get connected(): boolean {
    return this.#commands.status === 'ready'
  }

  async commit(request: CommitRequest): Promise<string> {
    const [word, time] = await this.#together().assentCommit(
      request.name,
      request.version - 1,
      request.version,
      request.commitId,
      request.body,
      request.purgeAt ?? '',
      request.before ?? '',
      request.announceBody ? 1 : 0,
      request.builtOn ?? '',
    )
    this.#events?.time(time)
    return word
  }

  async read(name: string): Promise<Buffer | null> {
    try {
      return await this.#together().getBuffer(name)
    } catch (error) {
      throw explain(error)
    }
  }

  async readHeader(name: string): Promise<Buffer> {
    try {
      return await this.#together().getrangeBuffer(name, 0, HEADER_PREFIX_BYTES - 1)
    } catch (error) {
      throw explain(error)
    }
  }

  async claim(key: string, value: Buffer): Promise<Buffer> {
    const before = await this.#together().setBuffer(key, value, 'NX', 'GET')
    return before ?? value
  }

  async replace(key: string, value: Buffer): Promise<void> {
    await this.#together().set(key, value)
  }

  scan(beginning: string): AsyncIterable<readonly string[]> {
    return this.#together().scanStream({ match: `${beginning}*`, count: 256 })
  }

  async reseal(name: string, header: Buffer, value: Buffer): Promise<boolean> {
    return (await this.#together().assentReseal(name, header, value)) === 1
  }

  async publish(channel: string, message: Buffer): Promise<void> {
    await this.#together().spublish(channel, message)
  }

  async subscribers(channel: string): Promise<number> {
    const answer = (await this.#together().pubsub('SHARDNUMSUB', channel)) as [string, number]
    return Number(answer[1])
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#subscriber.ssubscribe(...channels)
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#subscriber.sunsubscribe(...channels)
  }

  #hear(channel: Buffer, message: Buffer): void {
    this.#heartbeat.heard()
    const name = channel.toString('latin1')
    if (name !== this.#probeChannel) this.#events?.message(name, message)
  }

  /**
   * The commands' connection, with what this turn of the loop says held back until its end: many commands, one write. The
   * client library's own pipelining would let each batch wait for the answers to the one before.
   */
  #together(): Redis & Scripts {
    const { stream } = this.#commands
    if (stream && !this.#holding) {
      this.#holding = true
      stream.cork()
      setImmediate(() => {
        this.#holding = false
        stream.uncork()
      })
    }
    return this.#commands
  }

  #renewSubscriber(reason: string): void {
    this.#events?.doubt(reason)
    this.#subscriber.disconnect(true)
  }
}

const connection = {
  lazyConnect: true,
  // Nothing waits in a queue for a Redis that is away, and nothing is sent twice by itself: the driver asks again, and
  // recognises its own commit.
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: 2_000,
  retryStrategy: (attempt: number) => Math.random() * Math.min(LONGEST_RECONNECT_MS, 25 * 2 ** Math.min(attempt, 6)),
} satisfies RedisOptions

function withScripts(client: Redis): Redis & Scripts {
  client.defineCommand('assentCommit', { numberOfKeys: 1, lua: COMMIT_LUA })
  client.defineCommand('assentProbe', { numberOfKeys: 1, lua: PROBE_LUA })
  client.defineCommand('assentReseal', { numberOfKeys: 1, lua: RESEAL_LUA })
  return client as Redis & Scripts
}

/** A key of ours that holds something else was put there by somebody else. */
function explain(error: unknown): unknown {
  const isForeign = error instanceof Error && error.message.startsWith('WRONGTYPE')
  return isForeign ? new UnreadableDocument('a key of ours holds something else') : error
}

async function refuseOldServers(client: Redis): Promise<void> {
  const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown'
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR) return
  throw new RedisRefused(`Redis 7.0 or later (or Valkey) is needed, this one is ${version}`)
}
