const WINDOW_MS = 1_000
/** So many keys are told apart within a second; beyond them all others share one count. */
const MOST_KEYS = 100_000
const OTHERS = Symbol('others')

/** How often each of many callers does something within a second, at the cost of one look into a map. */
export class KeyRate {
  readonly #perSecond: number
  readonly #now: () => number
  readonly #mostKeys: number
  #counts = new Map<string | symbol, number>()
  #since = Number.NEGATIVE_INFINITY

  /** @param perSecond 0: no limit */
  constructor(perSecond: number, now: () => number = () => performance.now(), mostKeys = MOST_KEYS) {
    this.#perSecond = perSecond
    this.#now = now
    this.#mostKeys = mostKeys
  }

  /** Counts one more, unless that is too many. */
  take(key: string): boolean {
    if (this.#perSecond === 0) return true
    const now = this.#now()
    if (now - this.#since >= WINDOW_MS) {
      this.#counts = new Map()
      this.#since = now
    }
    const own = this.#counts.get(key)
    const counted = own !== undefined || this.#counts.size < this.#mostKeys ? key : OTHERS
    const count = own ?? this.#counts.get(counted) ?? 0
    if (count >= this.#perSecond) return false
    this.#counts.set(counted, count + 1)
    return true
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#counts.size
  }
}
