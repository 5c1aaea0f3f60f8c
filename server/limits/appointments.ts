/** Whoever is sent away is asked back not before and not after this. Milliseconds. */
const SOONEST_MS = 1_000
const LATEST_MS = 10_000
/** So much of the rate is given away in advance; the rest is for those who come for the first time. */
const SHARE = 0.8

/**
 * Tells those who are sent away when to come back: one after the other at the rate at which they can be let in, instead of
 * all of them together. Beyond what ten seconds can take they are spread at random.
 */
export class Appointments {
  readonly #everyMs: number
  readonly #now: () => number
  readonly #random: () => number
  #last = Number.NEGATIVE_INFINITY

  constructor(perSecond: number, now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.#everyMs = 1_000 / (perSecond * SHARE)
    this.#now = now
    this.#random = random
  }

  /** Seconds until the next one may come. */
  next(): number {
    const now = this.#now()
    const wanted = Math.max(this.#last, now + SOONEST_MS) + this.#everyMs
    if (wanted > now + LATEST_MS) return toSeconds(LATEST_MS * (1 - this.#random() / 2))
    this.#last = wanted
    // A little chance even here: two instances must not send theirs to the same moment.
    return toSeconds(wanted - now + this.#random() * 100)
  }
}

function toSeconds(ms: number): number {
  return Math.ceil(ms) / 1_000
}
