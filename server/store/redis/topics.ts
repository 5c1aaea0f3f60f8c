import { attempt } from './attempt.ts'
import type { RedisLink } from './redis-link.ts'
import type { Vault } from './vault.ts'

export interface TopicsOptions {
  readonly prefix: string
  readonly link: RedisLink
  readonly vault: Vault
}

/**
 * What instances say to each other that is no document, over the same two connections and under the same seal: a message
 * that was not sealed for its channel reaches nobody. At most once, and nothing is kept.
 */
export class Topics {
  readonly #options: TopicsOptions
  readonly #handlers = new Map<string, (message: Buffer) => void>()
  #connected = false

  constructor(options: TopicsOptions) {
    this.#options = options
  }

  async publish(topic: string, message: Buffer): Promise<void> {
    const channel = this.#channel(topic)
    await this.#options.link.commands.publish(channel, this.#options.vault.sealMessage(channel, message))
  }

  /** Before Redis has been reached, and whenever it comes back, `recover` does the subscribing. */
  async subscribe(topic: string, handler: (message: Buffer) => void): Promise<void> {
    const channel = this.#channel(topic)
    this.#handlers.set(channel, handler)
    if (this.#connected) await this.#options.link.subscribe([channel])
  }

  unsubscribe(topic: string): void {
    const channel = this.#channel(topic)
    this.#handlers.delete(channel)
    this.#options.link.unsubscribe(channel)
  }

  /** How many instances listen. */
  subscribers(topic: string): Promise<number> {
    return attempt(() => this.#options.link.subscribers(this.#channel(topic)))
  }

  /** Hands a message on; false when the channel is none of these. */
  message(channel: string, message: Buffer): boolean {
    const handler = this.#handlers.get(channel)
    if (!handler) return false
    const opened = this.#options.vault.openMessage(channel, message)
    if (opened) handler(opened)
    return true
  }

  /** Subscribes again on a new connection. */
  async recover(): Promise<void> {
    this.#connected = true
    if (this.#handlers.size > 0) await this.#options.link.subscribe([...this.#handlers.keys()])
  }

  #channel(topic: string): string {
    return `${this.#options.prefix}:topic:${topic}`
  }
}
