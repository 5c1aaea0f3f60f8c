/** Every watched document is compared at least this often. Milliseconds. */
const ROUND_MS = 8_000
/** Short: what is compared at once is what an update may have to wait for. Milliseconds. */
const TICK_MS = 25

export interface SweepSource {
  readonly size: number
  /**
   * The names of those compared longest ago: at least `count` (as far as there are so many), and all that were not
   * compared for `afterMs`. They count as compared from now on.
   */
  takeOldest(count: number, afterMs: number): string[]
}

/** The safety net: goes round all watched documents, a few at a time, forever. */
export class Sweep {
  readonly #source: SweepSource
  readonly #check: (names: readonly string[]) => Promise<void>
  #timer: NodeJS.Timeout | undefined
  #busy = false
  /** How many are to be compared already; less than one is carried over. */
  #due = 0

  /** @param check compares these with the store; it must not throw */
  constructor(source: SweepSource, check: (names: readonly string[]) => Promise<void>) {
    this.#source = source
    this.#check = check
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), TICK_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #tick(): Promise<void> {
    // A store slower than the sweep is not helped by more questions.
    if (this.#busy || this.#source.size === 0) return
    this.#busy = true
    try {
      // An even share each time spreads the work, whenever the watches began; age alone keeps the promise.
      this.#due += (this.#source.size * TICK_MS) / ROUND_MS
      const share = Math.floor(this.#due)
      this.#due -= share
      const names = this.#source.takeOldest(share, ROUND_MS - TICK_MS)
      if (names.length > 0) await this.#check(names)
    } finally {
      this.#busy = false
    }
  }
}
