import { randomBytes } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { SentinelRedis, SingleRedis } from '../../redis-url.ts'
import { primaryClient } from './connection.ts'
import { keepConnected } from './keep-connected.ts'
import { NewsLine } from './news-line.ts'
import { countSubscribers, RedisCommands } from './redis-commands.ts'
import type { LinkEvents, RedisLink } from './redis-link.ts'
import { type Scripts, withScripts } from './scripts.ts'

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
  #disconnect: () => void = () => undefined

  constructor({ deployment, subscriber, prefix, onError }: PrimaryLinkOptions) {
    this.#onError = onError
    this.#client = withScripts(primaryClient(deployment))
    this.commands = new RedisCommands(this.#client, {
      servers: () => [this.#client],
      serverOf: () => this.#client,
      onTime: (time) => this.#events?.time(time),
    })
    const probeChannel = `${prefix}:probe:${randomBytes(9).toString('base64url')}`
    this.#line = new NewsLine({
      client: primaryClient(subscriber ?? deployment),
      events: {
        message: (channel, message) => this.#events?.message(channel, message),
        doubt: (reason) => this.#events?.doubt(reason),
        ready: () => this.#freshWhenComplete(),
        mute: () => {
          if (this.connected) this.#client.disconnect(true)
        },
        moved: () => undefined,
        onError,
      },
      probeChannel: () => probeChannel,
      sendProbe: (channel) => this.commands.probe(channel),
    })
  }

  start(events: LinkEvents): void {
    this.#events = events
    this.#client.on('close', () => events.doubt('a connection closed'))
    this.#client.on('ready', () => this.#freshWhenComplete())
    this.#disconnect = keepConnected(this.#client, this.#onError)
    this.#line.start()
  }

  prepare(): Promise<void> {
    return this.#line.prepare()
  }

  stop(): void {
    this.#line.stop()
    this.#disconnect()
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
