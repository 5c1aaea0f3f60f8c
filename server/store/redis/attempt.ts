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
export function attempt<Result>(ask: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => new Asking(ask, resolve, reject).ask())
}

/** Every change and every read is one: by callbacks, not by promises upon promises. */
class Asking<Result> {
  readonly #ask: () => Promise<Result>
  readonly #resolve: (result: Result) => void
  readonly #reject: (error: unknown) => void
  readonly #patience: NodeJS.Timeout
  #lastError: unknown
  #isOver = false

  constructor(ask: () => Promise<Result>, resolve: (result: Result) => void, reject: (error: unknown) => void) {
    this.#ask = ask
    this.#resolve = resolve
    this.#reject = reject
    // Node runs timers before it reads sockets: after a stall of this process the answer may be here already, unread.
    this.#patience = setTimeout(() => setImmediate(() => this.#giveUp()), PATIENCE_MS)
  }

  ask(): void {
    this.#ask().then(
      (result) => {
        this.#end()
        this.#resolve(result)
      },
      (error) => this.#tryAgain(error),
    )
  }

  #tryAgain(error: unknown): void {
    // Given up already: nobody hears this any more.
    if (this.#isOver) return
    if (error instanceof FinalAnswer) {
      this.#end()
      return this.#reject(error)
    }
    this.#lastError = error
    setTimeout(() => {
      if (!this.#isOver) this.ask()
    }, BETWEEN_MS)
  }

  #giveUp(): void {
    if (this.#isOver) return
    this.#end()
    const why = this.#lastError instanceof Error ? this.#lastError.message : 'no answer in time'
    this.#reject(new StoreUnavailable(`Redis did not answer: ${why}`, { cause: this.#lastError }))
  }

  #end(): void {
    this.#isOver = true
    clearTimeout(this.#patience)
  }
}
