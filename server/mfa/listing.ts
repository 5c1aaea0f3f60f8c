import type { z } from 'zod'
import type { Kind } from '../store/store.ts'
import { Catalogue, demandUniqueName, type Entry, type Listed } from './catalogue.ts'
import type { MfaContext } from './context.ts'
import { idOfNew, type Repeatable } from './idempotency.ts'
import { notFound, refusal } from './mfa-error.ts'
import { parse } from './parse.ts'

/** The word by which the default one is meant, whichever it is. */
const DEFAULT = 'default'

export interface NamedEntry extends Entry {
  readonly name: string
  /** At most one of a list is; where one must be, it can't be deleted. */
  readonly default?: boolean
}

type Words<E extends NamedEntry> = Omit<E, keyof Entry>

export interface ListingOptions<E extends NamedEntry> {
  readonly kind: Kind<Listed<E>>
  readonly most: number
  readonly builtIn: readonly E[]
  /** What whoever creates or replaces one sends. */
  readonly body: z.ZodType<Words<E>>
  /** Whether one of them must be the default one. */
  readonly hasDefault: boolean
  /** Why this one must stay; undefined: it may go. */
  readonly whyKept?: (entry: E) => string | undefined
}

function saysDefault(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'default' in body
}

/** A list of named things with an administrator's five calls. */
export class Listing<E extends NamedEntry> {
  readonly #options: ListingOptions<E>
  readonly #catalogue: Catalogue<E>

  constructor(options: ListingOptions<E>) {
    this.#options = options
    this.#catalogue = new Catalogue(options)
  }

  all(context: MfaContext): Promise<readonly E[]> {
    return this.#catalogue.all(context)
  }

  /** Undefined: there is none such. `default` means the default one. */
  async find(context: MfaContext, id: string): Promise<E | undefined> {
    return this.#pick(await this.all(context), id)
  }

  async get(context: MfaContext, id: string): Promise<E> {
    const found = await this.find(context, id)
    if (!found) throw notFound()
    return found
  }

  /** The default one, where there is none such any more. */
  async getOrDefault(context: MfaContext, id: string): Promise<E> {
    return (await this.find(context, id)) ?? this.get(context, DEFAULT)
  }

  async create(context: MfaContext, body: unknown, repeatable?: Repeatable): Promise<E> {
    const words = parse(this.#options.body, body)
    const id = await idOfNew(context, repeatable, words)
    return this.#catalogue.change(context, (entries, now) => {
      const first = entries.find((entry) => entry.id === id)
      if (first) return { result: first }
      const made = { ...words, id, createdAt: now, updatedAt: now } as E
      return { entries: this.#arrange([...entries, made], made), result: made }
    })
  }

  async replace(context: MfaContext, id: string, body: unknown): Promise<E> {
    const words = parse(this.#options.body, body)
    return this.#catalogue.change(context, (entries, now) => {
      const before = this.#pick(entries, id)
      if (!before) throw notFound()
      // What says nothing of it leaves it as it is.
      const isDefault = saysDefault(body) ? words.default : before.default
      if (before.default && !isDefault) {
        throw refusal('INVALID_DATA', 'INVALID_VALUE', 'Make another one the default instead.', { target: 'default' })
      }
      const made = {
        ...words,
        ...(before.default !== undefined && { default: isDefault }),
        id: before.id,
        createdAt: before.createdAt,
        updatedAt: now,
      } as E
      return {
        entries: this.#arrange(
          entries.map((entry) => (entry === before ? made : entry)),
          made,
        ),
        result: made,
      }
    })
  }

  async remove(context: MfaContext, id: string): Promise<void> {
    await this.#catalogue.change(context, (entries) => {
      const found = this.#pick(entries, id)
      if (!found) throw notFound()
      const why = found.default ? 'The default one can not be deleted.' : this.#options.whyKept?.(found)
      if (why !== undefined) throw refusal('CONFLICT', 'IN_USE', why)
      return { entries: entries.filter((entry) => entry !== found), result: undefined }
    })
  }

  #pick(entries: readonly E[], id: string): E | undefined {
    return entries.find((entry) => entry.id === id || (id === DEFAULT && entry.default))
  }

  /** Names are unique, and there is one default. */
  #arrange(entries: readonly E[], changed: E): readonly E[] {
    demandUniqueName(entries, changed)
    if (!this.#options.hasDefault || !changed.default) return entries
    return entries.map((entry) => (entry !== changed && entry.default ? { ...entry, default: false } : entry))
  }
}
