import { FinalAnswer } from './attempt.ts'
import type { RedisCommands } from './redis-commands.ts'

export interface LinkEvents {
  /** A message on a subscribed channel. */
  message(channel: string, message: Buffer): void
  /** An answer carried the store's clock, epoch milliseconds. */
  time(redisTime: number): void
  /** From now on messages may be missed: a connection is lost or no longer to be believed. */
  doubt(reason: string): void
  /** These channels (default: all) are perhaps not subscribed any more, and can be again. */
  fresh(lost?: Iterable<string>): void
}

/** What the driver needs of a Redis deployment: one implementation per topology. */
export interface RedisLink {
  readonly commands: RedisCommands
  /** Begins to connect, and keeps connecting until stopped; `fresh` tells when there is something to talk to. */
  start(events: LinkEvents): void
  /** Reads the clock, and makes sure that deafness would show. */
  prepare(): Promise<void>
  stop(): void
  /** Whether commands can be sent. */
  readonly connected: boolean
  /** Whether every connection is open. */
  readonly complete: boolean
  /** Subscribes to all, as few commands as possible, and resolves when Redis has said so. */
  subscribe(channels: readonly string[]): Promise<void>
  /** Soon. */
  unsubscribe(channel: string): void
  /** How many connections are subscribed to a channel. */
  subscribers(channel: string): Promise<number>
}

/** Forged, damaged, of a newer release, or sealed with a key this instance does not have: never taken for an answer. */
export class UnreadableDocument extends FinalAnswer {
  override readonly name = 'UnreadableDocument'
}

/** This deployment can't be used as it is, and trying again won't help. */
export class RedisRefused extends FinalAnswer {
  override readonly name = 'RedisRefused'
}
