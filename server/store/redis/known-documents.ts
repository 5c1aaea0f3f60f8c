import type { Document, Kind } from '../store.ts'
import { parseHeader } from './header.ts'
import type { RecentCommits } from './recent-commits.ts'
import { sameCommit, type Vault } from './vault.ts'
import type { Seen, WatchedDocument } from './watched-document.ts'

interface Watched {
  find(name: string): WatchedDocument | undefined
}

/** What this instance knows of documents without asking: of those it watches, and of those it committed lately. */
export class KnownDocuments {
  readonly #watched: Watched
  readonly #recent: RecentCommits
  readonly #vault: Vault

  constructor(watched: Watched, recent: RecentCommits, vault: Vault) {
    this.#watched = watched
    this.#recent = recent
    this.#vault = vault
  }

  /** What is worth building a change on unasked; undefined when the store had better be read first. */
  recall(name: string): Seen | undefined {
    const watched = this.#watched.find(name)
    return watched ? lastSeen(watched) : this.#recent.findPromising(name)
  }

  /** The id of the commit that made this version, as far as it is known here. */
  commitOf(name: string, version: number): string | undefined {
    const seen = this.#find(name)
    return seen?.version === version ? seen.commitId : undefined
  }

  /** Opens what was read, unless it is known. Throws `UnreadableDocument`. */
  open(kind: Kind<Document>, name: string, stored: Buffer | null): Seen | undefined {
    if (!stored) return undefined
    const known = this.#find(name)
    if (known && sameCommit(parseHeader(stored), known)) return known
    const seen = this.#vault.decodeStored(kind, name, stored)
    if (seen) this.#recent.read(name, seen)
    return seen
  }

  #find(name: string): Seen | undefined {
    const watched = this.#watched.find(name)
    return watched ? lastSeen(watched) : this.#recent.find(name)
  }
}

/** Before it was read for the first time nothing is known of it. */
function lastSeen(watched: WatchedDocument): Seen | undefined {
  return watched.known ? watched.seen : undefined
}
