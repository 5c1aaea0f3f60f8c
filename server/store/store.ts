import { HubError } from '../errors.ts'

/**
 * A thing that changes: it has a version that counts its commits from 1, and mostly a time at which the store lets go
 * of it. What else it carries is its owner's affair. Documents are never changed in place: a commit brings the next one.
 */
export interface Document {
  readonly version: number
  /** When the store forgets it, epoch milliseconds by the store's clock. Absent: never. */
  readonly purgeAt?: number | undefined
}

/** A kind of document: its name in the store, and (for the compiler only) the type of what is kept under it. */
export interface Kind<D extends Document> {
  readonly name: string
  /** Counts changes of the stored shape, 1…255, so that an upgrade can tell old from new. */
  readonly schema: number
  readonly document?: D
}

export function defineKind<D extends Document>(name: string, schema = 1): Kind<D> {
  return { name, schema }
}

/** `conflict`: someone committed first. `late`: the store's clock has reached `before`. In both cases nothing was saved. */
export type CommitResult = 'committed' | 'conflict' | 'late'

export interface CommitOptions {
  /** Refuse from this moment on, epoch milliseconds by the store's clock. */
  readonly before?: number | undefined
}

/** What a watcher hears: the document as it now stands, or that it has vanished. */
export type News<D extends Document> = D | 'gone'

export interface Watch<D extends Document> {
  /**
   * The document as it stands, kept up to date; undefined: there is none. (Not as it was when the watch began: between
   * that moment and the caller's next line the listener may have been told of a newer one.)
   */
  readonly document: D | undefined
  /**
   * Resolves once `document` is no older than what the store held when this was called: news of it may be under way, or
   * be silently lost.
   */
  refresh(): Promise<void>
  /** Ends the watch: its listener hears nothing more. */
  close(): void
}

/**
 * Keeps documents and tells who watches. Everything else (sockets, long polls, expiry timers) is a client of this.
 * Every method may throw `StoreUnavailable`; nothing is told before it is kept.
 */
export interface Store {
  /** The document as last committed, or undefined. */
  read<D extends Document>(kind: Kind<D>, id: string): Promise<D | undefined>
  /**
   * Saves `next` and tells every watcher on every instance, in one atomic step, unless the stored version is not
   * `next.version - 1` (absent counts as 0), or it is too late.
   */
  commit<D extends Document>(kind: Kind<D>, id: string, next: D, options?: CommitOptions): Promise<CommitResult>
  /**
   * Resolves once no later commit can be missed. The listener then hears each newer version in order, the creation of
   * an absent document, and `gone`. After a failover that undid commits it hears the store's truth, whatever its version.
   */
  watch<D extends Document>(kind: Kind<D>, id: string, listener: (news: News<D>) => void): Promise<Watch<D>>
  /** The store's clock, epoch milliseconds, never ahead of it: the only one that decides whether something has expired. */
  now(): number
}

/** The store can't be reached, or didn't answer in time: nothing is known about what was asked of it. */
export class StoreUnavailable extends HubError {
  override readonly name = 'StoreUnavailable'

  /** @param why for the log; whoever asked is told only that the store is away */
  constructor(why: string, options?: { cause?: unknown }) {
    super('store_unavailable', 'The store cannot be reached at the moment. Try again.', { retryAfter: 1 })
    this.cause = options?.cause ?? why
  }
}
