/** Every watched document is compared at least this often. Milliseconds. */
const ROUND_MS = 8_000
const TICK_MS = 250

export interface SweepSource {
  readonly size: number
  names(): Iterator<string>
}

/** The safety net: goes round all watched documents, a few at a time, forever. */
export class Sweep {
  readonly #source: SweepSource
  readonly #check: (names: readonly string[]) => Promise<void>
  #place: Iterator<string>
  #timer: NodeJS.Timeout | undefined
  #busy = false

  /** @param check compares these with the store; it must not throw */
  constructor(source: SweepSource, check: (names: readonly string[]) => Promise<void>) {
    this.#source = source
    this.#check = check
    this.#place = source.names()
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
      await this.#check(this.#take(Math.ceil((this.#source.size * TICK_MS) / ROUND_MS)))
    } finally {
      this.#busy = false
    }
  }

  #take(count: number): string[] {
    const names: string[] = []
    while (names.length < count) {
      const step = this.#place.next()
      if (step.done) {
        this.#place = this.#source.names()
        break
      }
      names.push(step.value)
    }
    return names
  }
}
