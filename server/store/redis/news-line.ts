import type { Redis } from 'ioredis'
import { Heartbeat } from './heartbeat.ts'
import { keepConnected } from './keep-connected.ts'
import { Subscriptions } from './subscriptions.ts'

export interface NewsLineEvents {
  /** A message on a subscribed channel. */
  message(channel: string, message: Buffer): void
  /** From now on messages may be missed. */
  doubt(reason: string): void
  /** There is a new connection, and nothing is subscribed on it yet: all this was. */
  ready(lost: ReadonlySet<string>): void
  /** Probes can't be sent any more although no connection is closed. */
  mute(): void
  /** The server serves other channels than it did. */
  moved(): void
  onError(error: unknown): void
}

export interface NewsLineOptions {
  /** A client of its own, not connected yet. */
  readonly client: Redis
  readonly events: NewsLineEvents
  /** A channel that this server serves, and nobody else listens to: the present one, if it still does. */
  readonly probeChannel: (present: string | undefined) => string
  /** Sends a probe over another connection than this. */
  readonly sendProbe: (channel: string) => Promise<void>
  /** Channels that one command may name together. */
  readonly group?: (channel: string) => number
}

/**
 * The connection over which one server tells its news, and the proof that it still does: a probe that goes out by another
 * road must come in by this one, and the server must say that it holds as many subscriptions as we think it does.
 */
export class NewsLine {
  readonly subscriptions: Subscriptions
  readonly #options: NewsLineOptions
  readonly #heartbeat: Heartbeat
  #disconnect: () => void = () => undefined
  #probeChannel: string | undefined

  constructor(options: NewsLineOptions) {
    const { client, events } = options
    this.#options = options
    this.subscriptions = new Subscriptions(client, events.onError, options.group)
    this.#heartbeat = new Heartbeat({
      send: () => this.#beat(),
      deaf: () => this.#renew('a probe was sent and not heard'),
      mute: () => events.mute(),
    })
  }

  start(): void {
    const { client, events } = this.#options
    client.on('smessageBuffer', (channel: Buffer, message: Buffer) => this.#hear(channel, message))
    client.on('close', () => events.doubt('a connection closed'))
    client.on('ready', () => events.ready(this.subscriptions.forget()))
    // The client library's word for a server that has taken subscriptions back, because their slot went elsewhere.
    client.on('moved', () => events.moved())
    this.#disconnect = keepConnected(client, events.onError)
    this.#heartbeat.start()
  }

  /** Makes sure that deafness would show. */
  async prepare(): Promise<void> {
    const before = this.#probeChannel
    const channel = this.#options.probeChannel(before)
    if (before !== undefined && before !== channel) this.subscriptions.remove(before)
    this.#probeChannel = channel
    await this.subscriptions.add([channel])
    await this.#options.sendProbe(channel)
    this.#heartbeat.heard()
  }

  get isReady(): boolean {
    return this.#options.client.status === 'ready'
  }

  stop(): void {
    this.#heartbeat.stop()
    this.subscriptions.close()
    this.#disconnect()
  }

  async #beat(): Promise<void> {
    if (this.#probeChannel === undefined) return
    await this.#options.sendProbe(this.#probeChannel)
    this.#compareCounts().catch(this.#options.events.onError)
  }

  /**
   * A server may drop subscriptions without a sign, such as when a slot is migrated. Answers come in the order of the
   * questions, so that the count is of this very moment.
   */
  async #compareCounts(): Promise<void> {
    const ours = this.subscriptions.held.size
    const theirs = /\bssub=(\d+)/.exec((await this.#options.client.client('INFO')) as string)?.[1]
    // Redis before 7.0.3 does not say.
    if (theirs === undefined || Number(theirs) === ours) return
    this.#renew(`Redis holds ${theirs} subscriptions instead of ${ours}`)
  }

  #hear(channel: Buffer, message: Buffer): void {
    this.#heartbeat.heard()
    const name = channel.toString('latin1')
    if (name !== this.#probeChannel) this.#options.events.message(name, message)
  }

  #renew(reason: string): void {
    this.#options.events.doubt(reason)
    if (this.isReady) this.#options.client.disconnect(true)
  }
}
