/** How many of something each of many callers holds at this moment. A caller that holds nothing is not remembered. */
export class OpenCounts {
  readonly #most: number
  readonly #open = new Map<string, number>()

  /** @param most 0: no limit, and nothing is counted */
  constructor(most: number) {
    this.#most = most
  }

  /** Holds one more, unless that is too many; each that is held must be let go. */
  take(key: string): boolean {
    if (this.isFull(key)) return false
    this.add(key)
    return true
  }

  /** @param times of the limit */
  isFull(key: string, times = 1): boolean {
    return this.#most > 0 && this.of(key) >= this.#most * times
  }

  /** Holds one more, even if that is too many. */
  add(key: string): void {
    if (this.#most > 0) this.#open.set(key, this.of(key) + 1)
  }

  release(key: string): void {
    if (this.#most === 0) return
    const open = this.of(key)
    if (open > 1) this.#open.set(key, open - 1)
    else this.#open.delete(key)
  }

  of(key: string): number {
    return this.#open.get(key) ?? 0
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#open.size
  }
}
