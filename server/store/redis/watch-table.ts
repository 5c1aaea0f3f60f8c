import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Document, Kind, News, Watch } from '../store.ts'
import { attempt } from './attempt.ts'
import { DocumentReader, type DocumentReaderOptions } from './document-reader.ts'
import { type Header, parseHeader, parseStored } from './header.ts'
import type { RecentCommits } from './recent-commits.ts'
import { type RedisLink, UnreadableDocument } from './redis-link.ts'
import { Soon } from './soon.ts'
import type { SweepSource } from './sweep.ts'
import { TableWatch } from './table-watch.ts'
import { sameCommit } from './vault.ts'
import { type Seen, WatchedDocument } from './watched-document.ts'

/** A subscription outlives its last watcher by this, so that a page reload costs nothing. Milliseconds. */
const LINGER_MS = 1_000
/** So many documents are read at a time when all must be. */
const BATCH = 512

export interface WatchTableOptions extends DocumentReaderOptions {
  readonly link: RedisLink
  readonly recent: RecentCommits
  readonly onListenerError: (error: unknown) => void
  readonly onReadError: (error: unknown) => void
}

/** Every document watched on this instance: one subscription each, merged by version with what is read. */
export class WatchTable implements SweepSource {
  readonly #options: WatchTableOptions
  readonly #reader: DocumentReader
  readonly #watched = new Map<string, WatchedDocument>()

  constructor(options: WatchTableOptions) {
    this.#options = options
    this.#reader = new DocumentReader(options)
  }

  get size(): number {
    return this.#watched.size
  }

  /** For the sweep. The map is in the order of comparison: what was compared goes to its end. */
  takeOldest(count: number, afterMs: number): string[] {
    const now = performance.now()
    const taken: [string, WatchedDocument][] = []
    for (const entry of this.#watched) {
      if (taken.length >= count && now - entry[1].comparedAt < afterMs) break
      taken.push(entry)
    }
    for (const [name, watched] of taken) {
      watched.comparedAt = now
      this.#watched.delete(name)
      this.#watched.set(name, watched)
    }
    return taken.map(([name]) => name)
  }

  async watch<D extends Document>(
    kind: Kind<D>,
    id: string,
    listener: (news: News<D>) => void,
    doubtful: boolean,
  ): Promise<Watch<D>> {
    const name = this.#options.vault.name(kind, id)
    const present = this.#watched.get(name)
    const watched = present ?? this.#add(name, kind, id)
    watched.openers += 1
    clearTimeout(watched.lingering)
    try {
      await watched.opened
      // What is watched already may have missed something, and whoever comes new may have seen more elsewhere.
      if (present || doubtful) await this.verify(watched)
      return new TableWatch<D>(this, watched, listener)
    } finally {
      watched.openers -= 1
      this.lingerIfUnused(watched)
    }
  }

  /** Resolves once what was seen of a document is no older than what the store held when this was called. */
  verify(watched: WatchedDocument): Promise<void> {
    return attempt(() => this.#verify(watched))
  }

  /** Gives up the subscription, a while after the last has left. */
  lingerIfUnused(watched: WatchedDocument): void {
    if (watched.openers > 0 || watched.listeners.size > 0) return
    clearTimeout(watched.lingering)
    watched.lingering = setTimeout(() => this.#forget(watched), LINGER_MS)
    watched.lingering.unref()
  }

  /** A document that is watched here. */
  find(name: string): WatchedDocument | undefined {
    return this.#watched.get(name)
  }

  /**
   * Somebody else has committed: what was seen was old, or of a history that a failover undid.
   * @param stored what is there instead, as Redis returns it
   */
  overtaken(name: string, kind: Kind<Document>, stored: Buffer | null): void {
    const { recent } = this.#options
    const seen = stored ? this.#open(name, kind, stored) : undefined
    if (seen) recent.overtaken(name, seen)
    else recent.forget(name)
    const watched = this.#watched.get(name)
    if (watched?.known) watched.reread.ask()
  }

  /** Takes in what this instance committed itself, without waiting for the message. */
  committed(name: string, seen: Seen): void {
    this.#options.recent.remember(name, seen)
    this.#watched.get(name)?.hear(seen)
  }

  /** A message arrived on a document's channel. */
  message(name: string, message: Buffer): void {
    const watched = this.#watched.get(name)
    if (!watched) return
    const header = parseHeader(message)
    if (!header) return this.#reject()
    if (sameCommit(header, watched.seen) || (watched.seen && header.version < watched.seen.version)) return
    // What it adds to shows when the first reading is done.
    if (!watched.known) return watched.hold(message)
    // A message that nobody signed, one that is not newer and yet another commit, or one about a document that was not
    // there, which may be of an earlier life: a hint to read, and no more.
    const mayBelieve = this.#options.vault.authentic && watched.seen && header.version > watched.seen.version
    if (!mayBelieve) return watched.reread.ask()
    const seen = this.#own(header) ?? this.#open(name, watched.kind, message)
    if (!seen) return this.#reject()
    this.#options.recent.forget(name)
    watched.hear(seen)
  }

  /** Compares the stored header with what was seen; reads the document when they differ. */
  async compare(name: string): Promise<void> {
    const watched = this.#watched.get(name)
    if (!watched?.known) return
    try {
      await this.#verify(watched)
    } catch (error) {
      this.#skip(error)
    }
  }

  /** Subscribes to and reads again what is watched of these (default: all), in batches, without stalling the loop. */
  async recover(lost?: readonly string[]): Promise<void> {
    const names = lost ? lost.filter((name) => this.#watched.has(name)) : [...this.#watched.keys()]
    for (let at = 0; at < names.length; at += BATCH) {
      const batch = names.slice(at, at + BATCH)
      await this.#options.link.subscribe(batch)
      // Given up while Redis was being asked.
      for (const name of batch) if (!this.#watched.has(name)) this.#options.link.unsubscribe(name)
      const known = batch.map((name) => this.#watched.get(name)).filter((watched) => watched?.known)
      await Promise.all(known.map((watched) => watched && this.#refreshOrSkip(watched)))
      await nextTurn()
    }
  }

  /** Gives every watched document the name it has now, after the key to names has changed. */
  rename(): void {
    const all = [...this.#watched.values()]
    this.#watched.clear()
    for (const watched of all) this.#watched.set(this.#options.vault.name(watched.kind, watched.id), watched)
  }

  close(): void {
    for (const watched of this.#watched.values()) clearTimeout(watched.lingering)
    this.#watched.clear()
  }

  #add(name: string, kind: Kind<Document>, id: string): WatchedDocument {
    const { onListenerError, onReadError } = this.#options
    const reread = new Soon(() => attempt(() => this.#reader.refresh(watched)).catch(onReadError))
    const watched = new WatchedDocument(kind, id, reread, onListenerError)
    this.#watched.set(name, watched)
    watched.opened = this.#subscribeThenRead(name, watched)
    // Whoever opens it hears of a failure; this only keeps it from being called unhandled when they were quicker gone.
    watched.opened.catch(() => this.#forget(watched))
    return watched
  }

  /** News of a commit of our own comes before its answer, mostly; it need not be opened to know what it says. */
  #own({ version, commitId }: Header): Seen | undefined {
    const seen = this.#options.recent.underWay(commitId)
    return seen?.version === version ? seen : undefined
  }

  /** @param bytes a message or a stored value */
  #open(name: string, kind: Kind<Document>, bytes: Buffer): Seen | undefined {
    const stored = parseStored(bytes)
    return stored && this.#options.vault.decode(kind, name, stored)
  }

  /** First the subscription, acknowledged; then the document; what came in between is merged by version. */
  async #subscribeThenRead(name: string, watched: WatchedDocument): Promise<void> {
    await attempt(() => this.#options.link.subscribe([name]))
    watched.correct(this.#options.recent.find(name))
    await attempt(() => (watched.seen ? this.#verify(watched) : this.#reader.refresh(watched)))
    watched.known = true
    for (const message of watched.release()) this.message(name, message)
  }

  async #verify(watched: WatchedDocument): Promise<void> {
    const name = this.#options.vault.name(watched.kind, watched.id)
    const header = parseHeader(await this.#options.link.commands.readHeader(name))
    if (!sameCommit(header, watched.seen)) await this.#reader.refresh(watched)
  }

  /** One document that can't be read must not keep the others from being. */
  async #refreshOrSkip(watched: WatchedDocument): Promise<void> {
    try {
      await this.#reader.refresh(watched)
    } catch (error) {
      this.#skip(error)
    }
  }

  #skip(error: unknown): void {
    if (!(error instanceof UnreadableDocument)) throw error
    this.#options.onReadError(error)
  }

  #reject(): void {
    this.#options.counters.rejectedMessages += 1
  }

  #forget(watched: WatchedDocument): void {
    clearTimeout(watched.lingering)
    const name = this.#options.vault.name(watched.kind, watched.id)
    if (this.#watched.get(name) !== watched) return
    this.#watched.delete(name)
    this.#options.link.unsubscribe(name)
  }
}
