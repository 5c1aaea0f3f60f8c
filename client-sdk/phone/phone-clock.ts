/** A phone's clock may be wrong; the hub says what time it is, and what is signed is dated by that. */
export interface PhoneClock {
  /** Seconds since the epoch. */
  seconds(): number
  /** @param now what the hub's clock said a moment ago, epoch milliseconds */
  hear(now: number): void
}

export function createPhoneClock(): PhoneClock {
  let offsetMs = 0
  return {
    seconds: () => Math.floor((Date.now() + offsetMs) / 1_000),
    hear(now) {
      offsetMs = now - Date.now()
    },
  }
}
