import { LONGEST_TIMER_MS } from '../store/longest-timer.ts'
import type { News } from '../store/store.ts'
import { CHALLENGE, type Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { moveChallenge } from './move-challenge.ts'

/** Between two tries to expire a challenge while the store is away. Milliseconds. */
const RETRY_MS = 1_000

export interface ChallengeWatch {
  /** The challenge as it stands, kept up to date; undefined: there is none. */
  readonly challenge: Challenge | undefined
  /** Resolves once that is no older than what the store held when this was called. */
  refresh(): Promise<void>
  close(): void
}

/** Watches a challenge and sees to it that it times out at the moment it expires: whoever waits is told then. */
export async function watchChallenge(
  context: ChallengeContext,
  id: string,
  listener: (news: News<Challenge>) => void,
): Promise<ChallengeWatch> {
  const expiry = new Expiry(context, id)
  const watch = await context.store.watch(CHALLENGE, id, (news) => {
    expiry.follow(news === 'gone' ? undefined : news)
    listener(news)
  })
  expiry.follow(watch.document)
  return {
    get challenge() {
      return watch.document
    },
    refresh: watch.refresh,
    close: () => {
      expiry.stop()
      watch.close()
    },
  }
}

/** A timer for the moment the challenge expires, by the store's clock. */
class Expiry {
  readonly #context: ChallengeContext
  readonly #id: string
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(context: ChallengeContext, id: string) {
    this.#context = context
    this.#id = id
  }

  follow(challenge: Challenge | undefined): void {
    clearTimeout(this.#timer)
    if (challenge && !challenge.complete && !this.#stopped) this.#schedule(challenge.expiresAt)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #schedule(expiresAt: number): void {
    const delay = Math.min(Math.max(expiresAt - this.#context.store.now(), 1), LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => this.#expire(expiresAt), delay)
    this.#timer.unref()
  }

  #expire(expiresAt: number): void {
    if (this.#context.store.now() < expiresAt) return this.#schedule(expiresAt)
    moveChallenge(this.#context, this.#id, { type: 'expire' }).then(
      // Not complete: the store's clock has stepped back, and the moment is still to come.
      (moved) => this.follow(moved?.challenge),
      (error) => {
        this.#context.onError(error)
        if (!this.#stopped) this.#timer = setTimeout(() => this.#expire(expiresAt), RETRY_MS).unref()
      },
    )
  }
}
