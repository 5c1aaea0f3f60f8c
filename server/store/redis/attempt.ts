import { setTimeout as pause } from 'node:timers/promises'
import { StoreUnavailable } from '../store.ts'
import { RedisRefused } from './redis-link.ts'

/** How long the driver keeps asking before it says that the store is unavailable. Milliseconds. */
const PATIENCE_MS = 500
/** So long between two tries, so that a connection that just broke is back. Milliseconds. */
const BETWEEN_MS = 30

/** Asks Redis, and again while there is time: a connection that breaks costs a moment, a Redis that is away an error. */
export async function attempt<Result>(ask: () => Promise<Result>): Promise<Result> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (error instanceof RedisRefused) throw error
      if (performance.now() + BETWEEN_MS >= until) {
        throw new StoreUnavailable(`Redis did not answer: ${(error as Error).message}`, { cause: error })
      }
    }
    await pause(BETWEEN_MS)
  }
}
