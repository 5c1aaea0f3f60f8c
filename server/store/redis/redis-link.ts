import { FinalAnswer } from './attempt.ts'

/** What one attempt to commit brings Redis. Times are epoch milliseconds. */
export interface CommitRequest {
  readonly name: string
  readonly version: number
  readonly commitId: string
  /** The commit this one builds on, when known: of the same version there may be another one, after a failover. */
  readonly builtOn: string | undefined
  readonly body: Buffer
  readonly purgeAt: number | undefined
  readonly before: number | undefined
  /** Whether the news carries the document, or only its version. */
  readonly announceBody: boolean
}

export interface LinkEvents {
  /** A message on a subscribed channel. */
  message(channel: string, message: Buffer): void
  /** An answer carried the store's clock, epoch milliseconds. */
  time(redisTime: number): void
  /** From now on messages may be missed: a connection is lost or no longer to be believed. */
  doubt(reason: string): void
  /** Both roads are open again, and perhaps nothing is subscribed any more. */
  fresh(): void
}

/**
 * What the driver needs of a Redis deployment. One implementation per topology; every promise rejects with whatever the
 * client library says when Redis can't be reached or is too late.
 */
export interface RedisLink {
  /** Begins to connect, and keeps connecting until stopped; `fresh` tells when there is something to talk to. */
  start(events: LinkEvents): void
  /** Checks the server, reads its clock and makes sure that deafness would show. Throws `RedisRefused` for an unfit one. */
  prepare(): Promise<void>
  stop(): Promise<void>
  /** Whether commands can be sent. */
  readonly connected: boolean
  commit(request: CommitRequest): Promise<string>
  read(name: string): Promise<Buffer | null>
  /** The beginning of a stored value, enough for its header; empty when absent. */
  readHeader(name: string): Promise<Buffer>
  /** Stores a value under a plain key unless there is one, and returns the one that is there now. */
  claim(key: string, value: Buffer): Promise<Buffer>
  /** Replaces what `claim` stored. */
  replace(key: string, value: Buffer): Promise<void>
  /** The names that begin like this, a few at a time; one may come twice, and what is added meanwhile may be missing. */
  scan(beginning: string): AsyncIterable<readonly string[]>
  /** Replaces a stored value that still begins with this header line; tells whether it did. */
  reseal(name: string, header: Buffer, value: Buffer): Promise<boolean>
  publish(channel: string, message: Buffer): Promise<void>
  /** How many connections are subscribed to a channel. */
  subscribers(channel: string): Promise<number>
  /** Subscribes to all, as few commands as possible, and resolves when Redis has said so. */
  subscribe(channels: readonly string[]): Promise<void>
  unsubscribe(channels: readonly string[]): Promise<void>
}

/** Forged, damaged, of a newer release, or sealed with a key this instance does not have: never taken for an answer. */
export class UnreadableDocument extends FinalAnswer {
  override readonly name = 'UnreadableDocument'
}

/** This deployment can't be used as it is, and trying again won't help. */
export class RedisRefused extends FinalAnswer {
  override readonly name = 'RedisRefused'
}
