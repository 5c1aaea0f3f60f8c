import { setTimeout as pause } from 'node:timers/promises'
import type { News, Watch } from '../store/store.ts'
import type { Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { INBOX, type Inbox } from './inbox.ts'
import { isPending } from './list-approvals.ts'
import { type ChallengeWatch, watchChallenge } from './watch-challenge.ts'

/** Between two tries to watch a listed challenge while the store is away. Milliseconds. */
const RETRY_MS = 1_000

export interface ApprovalListener {
  /** Asked for the first time, or anew. */
  requested(challenge: Challenge): void
  /** Answered, cancelled, expired, or asked of another device; `status` is how it stands. */
  withdrawn(challenge: Challenge, status: string): void
}

/** Watches what is asked of one person: the inbox, and every challenge it lists. */
export class ApprovalWatch {
  readonly #context: ChallengeContext
  readonly #user: string
  readonly #listener: ApprovalListener
  readonly #listed = new Map<string, Promise<ChallengeWatch | undefined>>()
  readonly #pending = new Map<string, Challenge>()
  #wanted: ReadonlySet<string> = new Set()
  #inbox: Watch<Inbox> | undefined
  #begun = false
  #closed = false

  private constructor(context: ChallengeContext, user: string, listener: ApprovalListener) {
    this.#context = context
    this.#user = user
    this.#listener = listener
  }

  /** Resolves when `pending` is complete; the listener then hears what is added and what is withdrawn. */
  static async open(context: ChallengeContext, user: string, listener: ApprovalListener): Promise<ApprovalWatch> {
    const watch = new ApprovalWatch(context, user, listener)
    watch.#inbox = await context.store.watch(INBOX, user, (news) => watch.#follow(news === 'gone' ? undefined : news))
    watch.#follow(watch.#inbox.document)
    await Promise.all(watch.#listed.values())
    watch.#begun = true
    return watch
  }

  /** Resolves once `pending` holds all that was asked when this was called. */
  async refresh(): Promise<void> {
    await this.#inbox?.refresh()
    const watches = await Promise.all(this.#listed.values())
    await Promise.all(watches.map((watch) => watch?.refresh()))
  }

  /** What waits for an answer now, oldest first. */
  get pending(): readonly Challenge[] {
    return [...this.#pending.values()].sort((a, b) => a.createdAt - b.createdAt)
  }

  close(): void {
    this.#closed = true
    this.#inbox?.close()
    for (const id of this.#listed.keys()) this.#unlist(id)
  }

  #follow(inbox: Inbox | undefined): void {
    this.#wanted = new Set(inbox?.entries.map((entry) => entry.challenge))
    for (const id of this.#wanted) if (!this.#listed.has(id)) this.#listed.set(id, this.#watch(id))
    for (const id of this.#listed.keys()) this.#unlistIfOver(id)
  }

  async #watch(id: string): Promise<ChallengeWatch | undefined> {
    while (!this.#closed) {
      try {
        const watch = await watchChallenge(this.#context, id, (news) => this.#hear(id, news))
        if (watch.challenge) this.#hear(id, watch.challenge)
        return watch
      } catch (error) {
        this.#context.onError(error)
        await pause(RETRY_MS, undefined, { ref: false })
      }
    }
    return undefined
  }

  #hear(id: string, news: News<Challenge>): void {
    if (this.#closed) return
    if (news !== 'gone' && isPending(news, this.#user)) return this.#show(news)
    const before = this.#pending.get(id)
    if (!before) return
    this.#pending.delete(id)
    this.#unlistIfOver(id)
    if (this.#begun) this.#listener.withdrawn(before, news === 'gone' ? 'timed_out' : news.status)
  }

  #show(challenge: Challenge): void {
    const before = this.#pending.get(challenge.id)
    this.#pending.set(challenge.id, challenge)
    if (!this.#begun || (before && before.asked?.version === challenge.asked?.version)) return
    // Another device is asked now.
    if (before && before.asked?.device !== challenge.asked?.device) {
      this.#listener.withdrawn(before, challenge.status)
    }
    this.#listener.requested(challenge)
  }

  /** One that is still shown is kept until it says itself how it ended. */
  #unlistIfOver(id: string): void {
    if (!this.#wanted.has(id) && !this.#pending.has(id)) this.#unlist(id)
  }

  #unlist(id: string): void {
    const watch = this.#listed.get(id)
    this.#listed.delete(id)
    // `#watch` answers every failure itself and never rejects.
    void watch?.then((opened) => opened?.close())
  }
}
