/** One second and a slot, so that no second, wherever it begins, sees more than is allowed. */
const SLOT_MS = 25
const SLOTS = 41

/** How much happens in a second, counted in slots: for the few things that are limited for the whole instance. */
export class SlidingRate {
  readonly #perSecond: number
  readonly #now: () => number
  readonly #slots = new Uint32Array(SLOTS)
  #at = 0
  #sum = 0
  #most = 0
  #total = 0

  /** @param perSecond 0: no limit; still counted */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond
    this.#now = now
  }

  /** Counts one more; undefined: that is too many. What it returns takes it back. */
  take(): number | undefined {
    this.#forget()
    if (this.#perSecond > 0 && this.#sum >= this.#perSecond) return undefined
    this.#add(this.#at, 1)
    this.#total += 1
    this.#most = Math.max(this.#most, this.#sum)
    return this.#at
  }

  /** What was counted a moment ago came to nothing. */
  giveBack(taken: number): void {
    this.#forget()
    this.#total -= 1
    if (this.#at - taken < SLOTS) this.#add(taken, -1)
  }

  /** How many were let through since the start. */
  get total(): number {
    return this.#total
  }

  /** The most that were ever let through within a second. */
  get most(): number {
    return this.#most
  }

  #add(at: number, count: number): void {
    this.#slots[at % SLOTS] = (this.#slots[at % SLOTS] ?? 0) + count
    this.#sum += count
  }

  #forget(): void {
    const at = Math.floor(this.#now() / SLOT_MS)
    if (at - this.#at >= SLOTS) {
      this.#slots.fill(0)
      this.#sum = 0
    } else {
      for (let slot = this.#at + 1; slot <= at; slot++) {
        this.#sum -= this.#slots[slot % SLOTS] ?? 0
        this.#slots[slot % SLOTS] = 0
      }
    }
    this.#at = at
  }
}
