/** The first comes back at once, or nearly. Milliseconds. */
const SHORTEST_MS = 100
const LONGEST_MS = 30_000
/** Who served for so long did not die of what it is started with. Milliseconds. */
const LASTED_MS = 60_000

/** How long to wait before a worker that ended is started again: each time twice as long, until one has lasted. */
export class RestartDelay {
  #failures = 0

  /** Milliseconds. @param servedMs how long the one that ended had served; 0: it never did */
  next(servedMs: number): number {
    if (servedMs >= LASTED_MS) this.#failures = 0
    const delay = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** this.#failures)
    this.#failures += 1
    return delay
  }
}
