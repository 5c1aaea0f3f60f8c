import { StoreUnavailable } from '../store.ts'
import type { RedisLink } from './redis-link.ts'

/** The most channels one command names. */
const BATCH = 512

/** How long channels that are given up are gathered. Milliseconds. */
const GATHER_MS = 50

interface Request {
  readonly channels: readonly string[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Gathers the subscribes and unsubscribes of one turn of the loop, so that those that come together are one command. */
export class Subscriptions {
  readonly #link: RedisLink
  readonly #onError: (error: unknown) => void
  #wanted: Request[] = []
  #unwanted = new Set<string>()
  #scheduled = false
  #closed = false
  #gathering: NodeJS.Timeout | undefined

  constructor(link: RedisLink, onError: (error: unknown) => void) {
    this.#link = link
    this.#onError = onError
  }

  /** Resolves when Redis has acknowledged that all of them are subscribed. */
  add(channels: readonly string[]): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'))
    return new Promise((resolve, reject) => {
      this.#wanted.push({ channels, resolve, reject })
      this.#schedule()
    })
  }

  /** Nobody waits for this, so it may gather a little longer. */
  remove(channel: string): void {
    if (this.#closed) return
    this.#unwanted.add(channel)
    this.#gathering ??= setTimeout(() => this.#flush(), GATHER_MS).unref()
  }

  /** From now on nothing is sent: the connection ends, and with it all subscriptions. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#gathering)
    for (const request of this.#wanted) request.reject(new StoreUnavailable('the store is closed'))
    this.#wanted = []
    this.#unwanted.clear()
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    const wanted = this.#wanted
    const unwanted = [...this.#unwanted]
    this.#wanted = []
    this.#unwanted = new Set()
    // In this order: a channel given up and wanted again in the same turn ends up subscribed.
    for (const channels of batches(unwanted)) {
      // On a broken connection nothing is subscribed any more, which is what was asked for.
      this.#link.unsubscribe(channels).catch(this.#onError)
    }
    for (const requests of batchesOf(wanted)) {
      const channels = requests.flatMap((request) => request.channels)
      this.#link.subscribe(channels).then(
        () => {
          for (const request of requests) request.resolve()
        },
        (error) => {
          for (const request of requests) request.reject(error)
        },
      )
    }
  }
}

function* batches(channels: readonly string[]): Generator<readonly string[]> {
  for (let at = 0; at < channels.length; at += BATCH) yield channels.slice(at, at + BATCH)
}

/** Requests together naming about `BATCH` channels; one request is never split. */
function* batchesOf(requests: readonly Request[]): Generator<readonly Request[]> {
  let batch: Request[] = []
  let size = 0
  for (const request of requests) {
    batch.push(request)
    size += request.channels.length
    if (size < BATCH) continue
    yield batch
    batch = []
    size = 0
  }
  if (batch.length > 0) yield batch
}
