import type { RedisLink } from './redis-link.ts'
import { sameCommit, type Vault } from './vault.ts'
import type { Seen, WatchedDocument } from './watched-document.ts'

export interface WatchCounters {
  /** A commit that watchers had heard of was undone by a failover. */
  rolledBack: number
  /** Messages that did not open: forged, replayed elsewhere, or damaged. */
  rejectedMessages: number
  /** Commits no message told of, found by reading. */
  repaired: number
}

export interface DocumentReaderOptions {
  readonly link: RedisLink
  readonly vault: Vault
  readonly counters: WatchCounters
  /** The store's clock, epoch milliseconds. */
  readonly now: () => number
  /** @param count how often so far */
  readonly onRolledBack: (count: number) => void
}

/** Reads watched documents again: what the store holds is the truth, whatever was heard. */
export class DocumentReader {
  readonly #options: DocumentReaderOptions

  constructor(options: DocumentReaderOptions) {
    this.#options = options
  }

  /** Reads a document and takes the answer for the truth, unless something was taken in since it was asked for. */
  async refresh(watched: WatchedDocument): Promise<void> {
    const moves = watched.moves
    const { vault, link } = this.#options
    const name = vault.name(watched.kind, watched.id)
    const stored = vault.decodeStored(watched.kind, name, await link.commands.read(name))
    if (watched.moves === moves) this.#correct(watched, stored)
    // News came meanwhile: it is newer, or this is; anything else shows at the next comparison.
    else if (stored && watched.seen) watched.hear(stored)
  }

  #correct(watched: WatchedDocument, stored: Seen | undefined): void {
    if (sameCommit(stored, watched.seen)) return
    if (watched.known) this.#count(this.#isUndone(watched.seen, stored) ? 'rolledBack' : 'repaired')
    watched.correct(stored)
  }

  #count(what: 'rolledBack' | 'repaired'): void {
    const { counters, onRolledBack } = this.#options
    counters[what] += 1
    if (what === 'rolledBack') onRolledBack(counters.rolledBack)
  }

  /** Whether what was seen can only have been undone: another commit in its place, or none before its time was up. */
  #isUndone(seen: Seen | undefined, stored: Seen | undefined): boolean {
    if (!seen) return false
    if (stored) return stored.version <= seen.version
    const { purgeAt } = seen.document
    return purgeAt === undefined || this.#options.now() < purgeAt
  }
}
