import { Listeners, throwLater } from '../listeners.ts'
import { LONGEST_TIMER_MS } from '../longest-timer.ts'
import type { CommitOptions, CommitResult, Document, Kind, News, Store, Watch } from '../store.ts'

interface Slot {
  document: Document | undefined
  readonly listeners: Listeners
  purge: NodeJS.Timeout | undefined
}

export interface MemoryStoreOptions {
  /** The store's clock, epoch milliseconds. */
  readonly now?: (() => number) | undefined
  /** Told when a listener throws: its fault must not reach the committer or the other listeners. */
  readonly onListenerError?: ((error: unknown) => void) | undefined
}

/** Keeps documents in this process: the embedded default, for one instance that may forget at a restart. */
export class MemoryStore implements Store {
  readonly #slots = new Map<string, Slot>()
  readonly #now: () => number
  readonly #onListenerError: (error: unknown) => void

  constructor(options: MemoryStoreOptions = {}) {
    this.#now = options.now ?? Date.now
    this.#onListenerError = options.onListenerError ?? throwLater
  }

  now(): number {
    return this.#now()
  }

  async read<D extends Document>(kind: Kind<D>, id: string): Promise<D | undefined> {
    return this.#slots.get(nameOf(kind, id))?.document as D | undefined
  }

  async commit<D extends Document>(
    kind: Kind<D>,
    id: string,
    next: D,
    options: CommitOptions = {},
  ): Promise<CommitResult> {
    const name = nameOf(kind, id)
    const slot = this.#slots.get(name)
    if ((slot?.document?.version ?? 0) !== next.version - 1) return 'conflict'
    if (options.before !== undefined && this.#now() >= options.before) return 'late'
    this.#keep(name, slot ?? this.#open(name), next)
    return 'committed'
  }

  async watch<D extends Document>(kind: Kind<D>, id: string, listener: (news: News<D>) => void): Promise<Watch<D>> {
    const name = nameOf(kind, id)
    const slot = this.#slots.get(name) ?? this.#open(name)
    const stop = slot.listeners.add(listener)
    return new SlotWatch(slot, () => {
      stop()
      this.#discardIfUnused(name, slot)
    })
  }

  /** There is nothing to connect to, nothing can be missed, and nobody else writes. */
  readonly connected: Promise<void> = Promise.resolve()
  readonly counters = { rolledBack: 0, repaired: 0, rejectedMessages: 0 } as const

  health(): { ready: boolean; doubt: boolean } {
    return { ready: true, doubt: false }
  }

  /** How many documents are being watched. */
  watches(): number {
    let count = 0
    for (const slot of this.#slots.values()) if (slot.listeners.size > 0) count++
    return count
  }

  async close(): Promise<void> {
    for (const slot of this.#slots.values()) clearTimeout(slot.purge)
    this.#slots.clear()
  }

  #open(name: string): Slot {
    const slot: Slot = { document: undefined, listeners: new Listeners(this.#onListenerError), purge: undefined }
    this.#slots.set(name, slot)
    return slot
  }

  #keep(name: string, slot: Slot, next: Document): void {
    slot.document = next
    clearTimeout(slot.purge)
    if (next.purgeAt !== undefined) this.#schedulePurge(name, slot, next.purgeAt)
    slot.listeners.tell(next)
  }

  #schedulePurge(name: string, slot: Slot, purgeAt: number): void {
    const delay = Math.min(Math.max(purgeAt - this.#now(), 0), LONGEST_TIMER_MS)
    slot.purge = setTimeout(() => {
      if (this.#now() < purgeAt) return this.#schedulePurge(name, slot, purgeAt)
      slot.document = undefined
      slot.listeners.tell('gone')
      this.#discardIfUnused(name, slot)
    }, delay)
    slot.purge.unref()
  }

  #discardIfUnused(name: string, slot: Slot): void {
    if (slot.document !== undefined || slot.listeners.size > 0) return
    // A watch may be closed after its slot was discarded and another opened under the same name.
    if (this.#slots.get(name) === slot) this.#slots.delete(name)
  }
}

/** A class: a literal with a getter would have a shape of its own each time, which V8 keeps. */
class SlotWatch<D extends Document> implements Watch<D> {
  readonly #slot: Slot
  readonly close: () => void

  constructor(slot: Slot, close: () => void) {
    this.#slot = slot
    this.close = close
  }

  get document(): D | undefined {
    return this.#slot.document as D | undefined
  }

  /** Nothing can be missed here. */
  refresh(): Promise<void> {
    return Promise.resolve()
  }
}

function nameOf(kind: Kind<Document>, id: string): string {
  return `${kind.name}:${id}`
}
