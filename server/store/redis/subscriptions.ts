import type { Redis } from 'ioredis'
import { StoreUnavailable } from '../store.ts'
import { groupBy } from './group-by.ts'

/** The most channels one command names. */
const BATCH = 512

/** How long channels that are given up are gathered. Milliseconds. */
const GATHER_MS = 50

/** Channels that one command will name. */
interface Batch {
  readonly channels: string[]
  readonly done: Promise<void>
  readonly settle: (sent: Promise<unknown>) => void
}

/**
 * What one connection is subscribed to. Gathers the subscribes and unsubscribes of one turn of the loop, so that those
 * that come together are one command.
 */
export class Subscriptions {
  readonly #client: Redis
  readonly #onError: (error: unknown) => void
  /** Channels that one command may name together; on a cluster, those of one slot. */
  readonly #group: (channel: string) => number
  #held = new Set<string>()
  #wanted = new Map<number, Batch>()
  #full: Batch[] = []
  #unwanted = new Set<string>()
  #scheduled = false
  #closed = false
  #gathering: NodeJS.Timeout | undefined

  constructor(client: Redis, onError: (error: unknown) => void, group: (channel: string) => number = () => 0) {
    this.#client = client
    this.#onError = onError
    this.#group = group
  }

  /** What Redis was asked for, and did not refuse. */
  get held(): ReadonlySet<string> {
    return this.#held
  }

  /** Resolves when Redis has acknowledged that all of them are subscribed. */
  async add(channels: Iterable<string>): Promise<void> {
    if (this.#closed) throw new StoreUnavailable('the store is closed')
    const batches = new Set<Batch>()
    for (const channel of channels) batches.add(this.#join(channel))
    if (batches.size === 0) return
    this.#schedule()
    await Promise.all([...batches].map((batch) => batch.done))
  }

  /** Nobody waits for this, so it may gather a little longer. */
  remove(channel: string): void {
    if (this.#closed) return
    this.#unwanted.add(channel)
    this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS).unref()
  }

  /** A new connection holds nothing; returns what the one before held. */
  forget(): ReadonlySet<string> {
    const held = this.#held
    this.#held = new Set()
    return held
  }

  /** From now on nothing is sent: the connection ends, and with it all subscriptions. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#gathering)
    const closed = new StoreUnavailable('the store is closed')
    for (const batch of this.#takeWanted()) batch.settle(Promise.reject(closed))
    this.#unwanted.clear()
  }

  #join(channel: string): Batch {
    const group = this.#group(channel)
    let batch = this.#wanted.get(group)
    if (!batch || batch.channels.length >= BATCH) {
      if (batch) this.#full.push(batch)
      batch = newBatch()
      this.#wanted.set(group, batch)
    }
    batch.channels.push(channel)
    return batch
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    const unwanted = this.#unwanted
    this.#unwanted = new Set()
    const { stream } = this.#client
    stream?.cork()
    // In this order: a channel given up and wanted again in the same turn ends up subscribed.
    for (const channels of this.#batches(unwanted)) this.#unsubscribe(channels)
    for (const batch of this.#takeWanted()) batch.settle(this.#subscribe(batch.channels))
    stream?.uncork()
  }

  #takeWanted(): Batch[] {
    const batches = [...this.#full, ...this.#wanted.values()]
    this.#full = []
    this.#wanted.clear()
    return batches
  }

  async #subscribe(channels: readonly string[]): Promise<void> {
    const held = this.#held
    for (const channel of channels) held.add(channel)
    try {
      await this.#client.ssubscribe(...channels)
    } catch (error) {
      for (const channel of channels) held.delete(channel)
      throw error
    }
  }

  #unsubscribe(channels: readonly string[]): void {
    for (const channel of channels) this.#held.delete(channel)
    // On a broken connection nothing is subscribed any more, which is what was asked for.
    this.#client.sunsubscribe(...channels).catch(this.#onError)
  }

  *#batches(channels: Iterable<string>): Generator<readonly string[]> {
    for (const names of groupBy(channels, this.#group).values()) {
      for (let at = 0; at < names.length; at += BATCH) yield names.slice(at, at + BATCH)
    }
  }
}

function newBatch(): Batch {
  let settle: Batch['settle'] = () => undefined
  const done = new Promise<void>((resolve, reject) => {
    settle = (sent) => void sent.then(() => resolve(), reject)
  })
  return { channels: [], done, settle }
}
