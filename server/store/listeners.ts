import type { Document, News } from './store.ts'

interface Listener {
  readonly hear: (news: News<Document>) => void
}

/** Those who watch one document on this instance. One listener's fault reaches neither the store nor the others. */
export class Listeners {
  readonly #listeners = new Set<Listener>()
  readonly #onError: (error: unknown) => void

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  get size(): number {
    return this.#listeners.size
  }

  /** Adds a listener, also one that is there already, and returns what removes it. */
  add<D extends Document>(listener: (news: News<D>) => void): () => void {
    // A store hands a listener only documents of the kind it watches, which the compiler cannot see from here.
    const entry: Listener = { hear: listener as (news: News<Document>) => void }
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  tell(news: News<Document>): void {
    // Over a copy: whoever joins while this is told got the same document as its snapshot and must not hear it twice.
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue
      try {
        listener.hear(news)
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
