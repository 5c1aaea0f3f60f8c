import { setTimeout as pause } from 'node:timers/promises'
import { StoreUnavailable } from '../store.ts'

/** How long the driver keeps asking before it says that the store is unavailable. Milliseconds. */
export const PATIENCE_MS = 500
/** So long between two tries, so that a connection that just broke is back. Milliseconds. */
const BETWEEN_MS = 30

/** An answer that asking again won't change. */
export class FinalAnswer extends Error {}

/**
 * Asks Redis, and again while there is time: a connection that breaks costs a moment, a Redis that is away an error. The
 * time runs from the call on, whatever queues there are on the way.
 */
export async function attempt<Result>(ask: () => Promise<Result>): Promise<Result> {
  const asking = new Asking(ask)
  // Node runs timers before it reads sockets: after a stall of this process the answer may be here already, unread.
  const timer = setTimeout(() => setImmediate(() => asking.giveUp()), PATIENCE_MS)
  try {
    return await asking.result
  } finally {
    clearTimeout(timer)
  }
}

class Asking<Result> {
  readonly result: Promise<Result>
  readonly #ask: () => Promise<Result>
  #lastError: unknown
  #over = false
  #reject: (error: unknown) => void = () => undefined

  constructor(ask: () => Promise<Result>) {
    this.#ask = ask
    this.result = new Promise((resolve, reject) => {
      this.#reject = reject
      this.#keepAsking().then(resolve, reject)
    })
  }

  giveUp(): void {
    this.#over = true
    const why = this.#lastError instanceof Error ? this.#lastError.message : 'no answer in time'
    this.#reject(new StoreUnavailable(`Redis did not answer: ${why}`, { cause: this.#lastError }))
  }

  async #keepAsking(): Promise<Result> {
    for (;;) {
      try {
        return await this.#ask()
      } catch (error) {
        // Given up already: nobody hears this any more.
        if (error instanceof FinalAnswer || this.#over) throw error
        this.#lastError = error
      }
      await pause(BETWEEN_MS)
    }
  }
}
