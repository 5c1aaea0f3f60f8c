import type { Document, News } from './store.ts'

interface Listener {
  readonly hear: (news: News<Document>) => void
  /** How much had been told when it joined: its snapshot holds all of that. */
  readonly joinedAfter: number
}

/**
 * Those who watch one document on this instance. Everyone hears everything in order, also what a listener brings about
 * while it is being told. One listener's fault reaches neither the store nor the others.
 */
export class Listeners {
  readonly #listeners = new Set<Listener>()
  readonly #onError: (error: unknown) => void
  #count = 0
  /** What is still to be told, while something is being told. */
  #untold: News<Document>[] | undefined

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  get size(): number {
    return this.#listeners.size
  }

  /** Adds a listener, also one that is there already, and returns what removes it. */
  add<D extends Document>(listener: (news: News<D>) => void): () => void {
    // A store hands a listener only documents of the kind it watches, which the compiler cannot see from here.
    const entry: Listener = { hear: listener as (news: News<Document>) => void, joinedAfter: this.#count }
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  tell(news: News<Document>): void {
    this.#count += 1
    if (this.#untold) return void this.#untold.push(news)
    const untold = [news]
    this.#untold = untold
    for (let next = untold.shift(); next; next = untold.shift()) this.#tellAll(next, this.#count - untold.length)
    this.#untold = undefined
  }

  #tellAll(news: News<Document>, number: number): void {
    for (const { hear, joinedAfter } of this.#listeners) {
      if (joinedAfter >= number) continue
      try {
        hear(news)
      } catch (error) {
        this.#onError(error)
      }
    }
  }
}

/** Surfaces a listener's fault as an uncaught exception of its own, where nobody has asked to be told. */
export function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
