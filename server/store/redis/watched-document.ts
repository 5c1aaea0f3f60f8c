import { Listeners } from '../listeners.ts'
import type { Document, Kind } from '../store.ts'
import type { Header } from './header.ts'
import type { Soon } from './soon.ts'

/** A version of a document as this instance has seen it. */
export interface Seen extends Header {
  readonly document: Document
}

/** One document somebody on this instance watches: what was last seen of it, and who wants to hear. */
export class WatchedDocument {
  readonly kind: Kind<Document>
  readonly id: string
  readonly listeners: Listeners
  /** Reads it again, soon. */
  readonly reread: Soon
  /** Resolves when it is subscribed and read; rejects when that could not be done. */
  opened: Promise<void> = Promise.resolve()
  /** Whether `seen` says how things stand; before, undefined only means that nothing was heard yet. */
  known = false
  /** When it was last compared with the store, by this process's monotonic clock. Milliseconds. */
  comparedAt = performance.now()
  /** Those who are about to listen: they keep the subscription too. */
  openers = 0
  lingering: NodeJS.Timeout | undefined
  #seen: Seen | undefined
  #moves = 0
  #held: Buffer[] | undefined

  constructor(kind: Kind<Document>, id: string, reread: Soon, onListenerError: (error: unknown) => void) {
    this.kind = kind
    this.id = id
    this.reread = reread
    this.listeners = new Listeners(onListenerError)
  }

  /** Keeps a message that came while it is being read for the first time. */
  hold(message: Buffer): void {
    this.#held ??= []
    this.#held.push(message)
  }

  /** Hands over what was kept, now that it is known what that is to be compared with. */
  release(): Buffer[] {
    const held = this.#held ?? []
    this.#held = undefined
    return held
  }

  get seen(): Seen | undefined {
    return this.#seen
  }

  /** Counts what was taken in, so that an answer asked for earlier can be known to be old. */
  get moves(): number {
    return this.#moves
  }

  /** Takes in a newer version: a commit of our own, or a message. Anything not newer is dropped. */
  hear(seen: Seen): boolean {
    if (this.#seen && seen.version <= this.#seen.version) return false
    this.#take(seen)
    return true
  }

  /** Takes in the store's truth, whatever its version. */
  correct(seen: Seen | undefined): void {
    this.#take(seen)
  }

  #take(seen: Seen | undefined): void {
    const before = this.#seen
    this.#seen = seen
    this.#moves += 1
    if (!this.known) return
    if (seen) this.listeners.tell(seen.document)
    else if (before) this.listeners.tell('gone')
  }
}
