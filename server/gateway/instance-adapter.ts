import { createShardedAdapter } from '@socket.io/redis-adapter'
import type { ServerOptions } from 'socket.io'

/** How instances talk to each other: at most once, and only to those who can prove that they belong. */
export interface InstanceTopics {
  publish(topic: string, message: Buffer): Promise<void>
  subscribe(topic: string, handler: (message: Buffer) => void): Promise<void>
  unsubscribe(topic: string): void
  subscribers(topic: string): Promise<number>
}

type Callback = (error: unknown, answer?: [string, number]) => void

/**
 * Socket.IO's sharded adapter, for what crosses instances by socket: disconnecting an approver everywhere, counting. It
 * gets not Redis clients but what looks to it like them, because it drops their promises (a dead Redis would end the
 * process) and believes whatever it hears (whoever can publish could tell pages that they are approved).
 */
export function instanceAdapter(topics: InstanceTopics, onError: (error: unknown) => void): ServerOptions['adapter'] {
  const client = new AdapterClient(topics, onError)
  return createShardedAdapter(client, client, { channelPrefix: 'adapter', subscriptionMode: 'static' })
}

/** Socket.IO's own numbers for what instances ask of each other: to disconnect sockets, and server-side events. */
const EXPECTED_TYPES = [6, 9]

/**
 * The hub tells its sockets what the store told it, and nothing else: a broadcast from another instance cannot be ours,
 * and without a store key it could be anybody's.
 */
function isExpected(message: Buffer): boolean {
  try {
    return EXPECTED_TYPES.includes((JSON.parse(message.toString()) as { type: number }).type)
  } catch {
    // Binary messages and rubbish: the hub sends neither.
    return false
  }
}

/** As much of ioredis as the adapter uses. */
class AdapterClient {
  readonly #topics: InstanceTopics
  readonly #onError: (error: unknown) => void
  #hear: (channel: Buffer, message: Buffer) => void = () => undefined

  constructor(topics: InstanceTopics, onError: (error: unknown) => void) {
    this.#topics = topics
    this.#onError = onError
  }

  on(_event: 'smessageBuffer', listener: (channel: Buffer, message: Buffer) => void): void {
    this.#hear = listener
  }

  ssubscribe(channel: string): void {
    const name = Buffer.from(channel)
    const hear = (message: Buffer) => {
      if (isExpected(message)) this.#hear(name, message)
    }
    // Not lost when Redis is away: topics are subscribed again with every new connection.
    this.#topics.subscribe(channel, hear).catch(this.#onError)
  }

  sunsubscribe(channels: string | readonly string[]): void {
    for (const channel of [channels].flat()) this.#topics.unsubscribe(channel as string)
  }

  async spublish(channel: string, message: string | Uint8Array): Promise<number> {
    try {
      await this.#topics.publish(channel, Buffer.from(message as string))
    } catch (error) {
      this.#onError(error)
    }
    return 0
  }

  send_command(_name: 'PUBSUB', [, channel]: [string, string], callback: Callback): void {
    this.#topics.subscribers(channel).then((count) => callback(null, [channel, count]), callback)
  }
}
