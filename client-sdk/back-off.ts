import { AssentError } from './assent-error.ts'

/** The first wait's upper bound, and the last one's. Milliseconds. */
const BASE_MS = 500
const CAP_MS = 20_000
/** Over so long the crowd spreads that lost its hub in one moment. Milliseconds. */
const BREAK_MS = 5_000

export interface BackOff {
  /** Milliseconds to rest after this failure: full jitter, on top of what the hub itself asked for (`retryAfter`). */
  after(error: unknown): number
  /** Milliseconds to rest before the first try after what had worked broke. */
  afterBreak(): number
  /** Milliseconds for which the hub asked to be left alone and which are not over yet. Not even a waking page skips these. */
  owed(): number
  reset(): void
}

/** Whether the hub has too much to do, and would say so on every road; whatever else is wrong, another may do better. */
export function isTooMuch(error: AssentError): boolean {
  return error.code === 'overloaded' || error.code === 'too_many_requests'
}

/** Full jitter keeps a crowd that lost its hub in one moment from coming back in one moment. */
export function createBackOff(random = Math.random, now = () => performance.now()): BackOff {
  let failures = 0
  let notBefore = 0
  return {
    after(error) {
      const asked = error instanceof AssentError ? (error.retryAfter ?? 0) * 1000 : 0
      notBefore = now() + asked
      // An overloaded hub calls one after the other, each in its time: who then waits longer and longer loses the place.
      const isCalled = error instanceof AssentError && error.code === 'overloaded' && asked > 0
      return asked + random() * (isCalled ? BASE_MS : Math.min(CAP_MS, BASE_MS * 2 ** failures++))
    },
    afterBreak() {
      notBefore = 0
      return random() * BREAK_MS
    },
    owed: () => Math.max(0, notBefore - now()),
    reset() {
      failures = 0
    },
  }
}
