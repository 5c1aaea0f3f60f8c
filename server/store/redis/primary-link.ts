import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import type { SentinelRedis, SingleRedis } from '../../redis-url.ts'
import { connection, retryDelay } from './connection.ts'
import { NewsLine } from './news-line.ts'
import { countSubscribers, RedisCommands } from './redis-commands.ts'
import type { LinkEvents, RedisLink } from './redis-link.ts'
import { type Scripts, withScripts } from './scripts.ts'

/** A Sentinel that says nothing for so long is passed over. Milliseconds. */
const SENTINEL_TIMEOUT_MS = 500

export interface PrimaryLinkOptions {
  readonly deployment: SingleRedis | SentinelRedis
  readonly prefix: string
  readonly onError: (error: unknown) => void
  /** Where the subscriber's connection goes, when elsewhere. */
  readonly subscriber?: SingleRedis | undefined
}

/** One server that has everything, at a fixed address or wherever Sentinels say: a connection for commands, one for news. */
export class PrimaryLink implements RedisLink {
  readonly commands: RedisCommands
  readonly #client: Redis & Scripts
  readonly #line: NewsLine
  readonly #onError: (error: unknown) => void
  #events: LinkEvents | undefined

  constructor({ deployment, subscriber, prefix, onError }: PrimaryLinkOptions) {
    this.#onError = onError
    this.#client = withScripts(clientOf(deployment))
    this.commands = new RedisCommands(
      this.#client,
      () => [this.#client],
      (time) => this.#events?.time(time),
    )
    const probeChannel = `${prefix}:probe:${randomBytes(9).toString('base64url')}`
    this.#line = new NewsLine({
      client: clientOf(subscriber ?? deployment),
      events: {
        message: (channel, message) => this.#events?.message(channel, message),
        doubt: (reason) => this.#events?.doubt(reason),
        ready: () => this.#freshWhenComplete(),
        mute: () => this.#client.disconnect(true),
        moved: () => undefined,
        onError,
      },
      probeChannel: () => probeChannel,
      sendProbe: (channel) => this.commands.probe(channel),
    })
  }

  start(events: LinkEvents): void {
    this.#events = events
    this.#client.on('error', this.#onError)
    this.#client.on('close', () => events.doubt('a connection closed'))
    this.#client.on('ready', () => this.#freshWhenComplete())
    // A failed attempt is told by the error event, and the client tries again by itself.
    this.#client.connect().catch(this.#onError)
    this.#line.start()
  }

  prepare(): Promise<void> {
    return this.#line.prepare()
  }

  stop(): void {
    this.#line.stop()
    this.#client.disconnect()
  }

  get connected(): boolean {
    return this.#client.status === 'ready'
  }

  get complete(): boolean {
    return this.connected && this.#line.isReady
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#line.subscriptions.add(channels)
  }

  unsubscribe(channel: string): void {
    this.#line.subscriptions.remove(channel)
  }

  subscribers(channel: string): Promise<number> {
    return countSubscribers(this.#client, channel)
  }

  #freshWhenComplete(): void {
    if (this.complete) this.#events?.fresh()
  }
}

function clientOf(deployment: SingleRedis | SentinelRedis): Redis {
  if (deployment.kind === 'standalone') return new Redis(deployment.url, connection)
  const { sentinels, master, db, username, password, tls, sentinelUsername, sentinelPassword } = deployment
  return new Redis({
    ...connection,
    sentinels: sentinels.map((sentinel) => ({ ...sentinel })),
    name: master,
    db,
    ...(username && { username }),
    ...(password && { password }),
    ...(sentinelUsername && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword }),
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    // Sentinel ends the connections of a primary it has demoted only when that is back, and never those that subscribe.
    failoverDetector: true,
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  })
}
