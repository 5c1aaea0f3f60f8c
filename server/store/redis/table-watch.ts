import type { Document, News, Watch } from '../store.ts'
import type { WatchedDocument } from './watched-document.ts'

/** What a watch asks of the table it is one of. */
export interface Table {
  verify(watched: WatchedDocument): Promise<void>
  lingerIfUnused(watched: WatchedDocument): void
}

/** One who watches a document, of whom there are many. */
export class TableWatch<D extends Document> implements Watch<D> {
  readonly #table: Table
  readonly #watched: WatchedDocument
  readonly #stop: () => void

  constructor(table: Table, watched: WatchedDocument, listener: (news: News<D>) => void) {
    this.#table = table
    this.#watched = watched
    this.#stop = watched.listeners.add(listener)
  }

  get document(): D | undefined {
    return this.#watched.seen?.document as D | undefined
  }

  refresh(): Promise<void> {
    return this.#table.verify(this.#watched)
  }

  close(): void {
    this.#stop()
    this.#table.lingerIfUnused(this.#watched)
  }
}
