import type { Document, Kind } from '../store/store.ts'
import type { MfaContext } from './context.ts'
import { refusal } from './mfa-error.ts'

/** One of a list that an administrator keeps. Times are epoch milliseconds. */
export interface Entry {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
}

/** A list is one document: whoever changes it changes it as a whole, so that what holds among its entries always does. */
export interface Listed<E extends Entry> extends Document {
  readonly entries: readonly E[]
}

/** The one list of its kind. */
const THIS = 'this'

export interface CatalogueOptions<E extends Entry> {
  readonly kind: Kind<Listed<E>>
  /** So many fit in. */
  readonly most: number
  /** What is there before anybody has changed anything. */
  readonly builtIn: readonly E[]
}

/** What becomes of a list; undefined: it stays. Throws what must be told instead. */
export interface Revision<E extends Entry, Result> {
  readonly entries?: readonly E[]
  readonly result: Result
}

/** A list that an administrator keeps: policies, applications, and the like. */
export class Catalogue<E extends Entry> {
  readonly #options: CatalogueOptions<E>

  constructor(options: CatalogueOptions<E>) {
    this.#options = options
  }

  async all({ challenges: { store } }: MfaContext): Promise<readonly E[]> {
    const { kind, builtIn } = this.#options
    return (await store.read(kind, THIS))?.entries ?? builtIn
  }

  async find(context: MfaContext, id: string): Promise<E | undefined> {
    return (await this.all(context)).find((entry) => entry.id === id)
  }

  change<Result>(
    { challenges }: MfaContext,
    revise: (entries: readonly E[], now: number) => Revision<E, Result>,
  ): Promise<Result> {
    const { kind, most, builtIn } = this.#options
    return challenges.changes.change(kind, THIS, (list, now) => {
      const { entries, result } = revise(list?.entries ?? builtIn, now)
      if (!entries) return { result }
      if (entries.length > most) {
        throw refusal('REQUEST_LIMITED', 'LIMIT_EXCEEDED', `There can be at most ${most} of these.`)
      }
      return { next: { version: (list?.version ?? 0) + 1, entries }, result }
    })
  }
}

/** Throws when another entry has this name already. */
export function demandUniqueName<E extends Entry & { readonly name: string }>(entries: readonly E[], mine: E): void {
  if (entries.every(({ id, name }) => id === mine.id || name !== mine.name)) return
  throw refusal('UNIQUENESS_VIOLATION', 'UNIQUENESS_VIOLATION', 'Another one has this name.', { target: 'name' })
}
