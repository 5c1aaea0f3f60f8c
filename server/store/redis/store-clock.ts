import { StoreUnavailable } from '../store.ts'

/** For how long a sample counts, at least. Milliseconds. */
const WINDOW_MS = 10_000

/**
 * Redis's clock as seen from here, carried on by this process's monotonic clock, so that a wrong or jumping wall clock
 * changes nothing. Each answer's time is older than its arrival, so the greatest offset is the truest, and the result is
 * never ahead of Redis. The best of the last 10 to 20 s is kept, so that it follows a failover to another clock.
 */
export class StoreClock {
  readonly #monotonic: () => number
  #current = Number.NEGATIVE_INFINITY
  #previous = Number.NEGATIVE_INFINITY
  #windowEnds = 0

  constructor(monotonic: () => number = () => performance.now()) {
    this.#monotonic = monotonic
  }

  /** Takes in the time an answer carried, epoch milliseconds, at the moment it arrives. */
  sample(redisTime: number): void {
    const at = this.#monotonic()
    if (at >= this.#windowEnds) {
      this.#previous = this.#current
      this.#current = Number.NEGATIVE_INFINITY
      this.#windowEnds = at + WINDOW_MS
    }
    this.#current = Math.max(this.#current, redisTime - at)
  }

  now(): number {
    const offset = Math.max(this.#current, this.#previous)
    if (offset === Number.NEGATIVE_INFINITY) throw new StoreUnavailable('the store has not been reached yet')
    return Math.floor(this.#monotonic() + offset)
  }
}
