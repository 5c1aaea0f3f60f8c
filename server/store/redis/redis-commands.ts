import type { Cluster, Redis } from 'ioredis'
import type { CommitResult } from '../store.ts'
import { HEADER_PREFIX_BYTES } from './header.ts'
import { UnreadableDocument } from './redis-link.ts'
import type { Scripts } from './scripts.ts'

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

export interface CommitAnswer {
  readonly outcome: CommitResult
  /** After a conflict: what is stored instead, if anything. */
  readonly stored: Buffer | null
}

export interface RedisCommandsOptions {
  /** The connections that what is said goes over, one per server. */
  readonly servers: () => readonly Redis[]
  /** The connection to the server that has this name, as far as that is known. */
  readonly serverOf: (name: string) => Redis | undefined
  /** An answer carried the store's clock, epoch milliseconds. */
  readonly onTime: (redisTime: number) => void
}

/**
 * What the driver says to Redis, whether one server hears it or a cluster. Every promise rejects with whatever the client
 * library says when Redis can't be reached or is too late.
 */
export class RedisCommands {
  readonly #client: (Redis | Cluster) & Scripts
  readonly #options: RedisCommandsOptions
  #holding = false

  constructor(client: (Redis | Cluster) & Scripts, options: RedisCommandsOptions) {
    this.#client = client
    this.#options = options
  }

  async commit(request: CommitRequest): Promise<CommitAnswer> {
    const [outcome, time, stored = null] = await this.#together().assentCommitBuffer(
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
    this.#options.onTime(time)
    return { outcome: outcome.toString('latin1') as CommitResult, stored }
  }

  /** Sends a probe, which whoever is subscribed to this channel should hear. */
  async probe(channel: string): Promise<void> {
    this.#options.onTime(await this.#together().assentProbe(channel, '.'))
  }

  async read(name: string): Promise<Buffer | null> {
    try {
      return await this.#together().getBuffer(name)
    } catch (error) {
      throw explain(error)
    }
  }

  /** The beginning of a stored value, enough for its header; empty when absent. */
  async readHeader(name: string): Promise<Buffer> {
    const client = this.#together()
    const server = this.#options.serverOf(name)
    try {
      // The sweep asks this more often than anything else is asked: past the client library's way through a cluster,
      // which costs as much again.
      return await (server ?? client).getrangeBuffer(name, 0, HEADER_PREFIX_BYTES - 1)
    } catch (error) {
      if (server && isElsewhere(error)) return client.getrangeBuffer(name, 0, HEADER_PREFIX_BYTES - 1)
      throw explain(error)
    }
  }

  /** Stores a value under a plain key unless there is one, and returns the one that is there now. */
  async claim(key: string, value: Buffer): Promise<Buffer> {
    const before = await this.#together().setBuffer(key, value, 'NX', 'GET')
    return before ?? value
  }

  /** Replaces what `claim` stored. */
  async replace(key: string, value: Buffer): Promise<void> {
    await this.#together().set(key, value)
  }

  /** Replaces a stored value that still begins with this header line; tells whether it did. */
  async reseal(name: string, header: Buffer, value: Buffer): Promise<boolean> {
    return (await this.#together().assentReseal(name, header, value)) === 1
  }

  async publish(channel: string, message: Buffer): Promise<void> {
    await this.#together().spublish(channel, message)
  }

  /** What each server tells of itself. */
  info(): Promise<readonly string[]> {
    return Promise.all(this.#options.servers().map((server) => server.info()))
  }

  /** The names that begin like this, a few at a time; one may come twice, and what is added meanwhile may be missing. */
  async *scan(beginning: string): AsyncIterable<readonly string[]> {
    for (const server of this.#options.servers()) yield* server.scanStream({ match: `${beginning}*`, count: 256 })
  }

  /**
   * The client, with what this turn of the loop says held back until its end: many commands, one write. The client
   * library's own pipelining would let each batch wait for the answers to the one before.
   */
  #together(): (Redis | Cluster) & Scripts {
    if (!this.#holding) {
      this.#holding = true
      const streams = this.#options.servers().map((server) => server.stream)
      for (const stream of streams) stream?.cork()
      setImmediate(() => {
        this.#holding = false
        for (const stream of streams) stream?.uncork()
      })
    }
    return this.#client
  }
}

/** How many connections to this server are subscribed to a channel of its. */
export async function countSubscribers(server: Redis, channel: string): Promise<number> {
  const answer = (await server.pubsub('SHARDNUMSUB', channel)) as [string, number]
  return Number(answer[1])
}

/** A cluster's ways of saying that a key is, or is about to be, on another server. */
function isElsewhere(error: unknown): boolean {
  return error instanceof Error && /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(error.message)
}

/** A key of ours that holds something else was put there by somebody else. */
function explain(error: unknown): unknown {
  const isForeign = error instanceof Error && error.message.startsWith('WRONGTYPE')
  return isForeign ? new UnreadableDocument('a key of ours holds something else') : error
}
