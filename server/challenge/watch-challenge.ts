import type { News, Watch } from '../store/store.ts'
import { CHALLENGE, type Challenge, dueAt } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { moveChallenge } from './move-challenge.ts'

/** Between two tries to expire a challenge while the store is away. Milliseconds. */
const RETRY_MS = 1_000

/** Watches a challenge and sees to it that it times out at the moment it is due: whoever waits is told then. */
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
  return new ChallengeWatch(watch, expiry)
}

export class ChallengeWatch {
  readonly #watch: Watch<Challenge>
  readonly #expiry: Expiry

  constructor(watch: Watch<Challenge>, expiry: Expiry) {
    this.#watch = watch
    this.#expiry = expiry
  }

  /** The challenge as it stands, kept up to date; undefined: there is none. */
  get challenge(): Challenge | undefined {
    return this.#watch.document
  }

  /** Resolves once that is no older than what the store held when this was called. */
  refresh(): Promise<void> {
    return this.#watch.refresh()
  }

  close(): void {
    this.#expiry.stop()
    this.#watch.close()
  }
}

/** The moment at which time alone changes the challenge, by the store's clock. */
class Expiry {
  readonly #context: ChallengeContext
  readonly #id: string
  #dueAt: number | undefined
  #version = 0
  #forget: (() => void) | undefined
  #stopped = false

  constructor(context: ChallengeContext, id: string) {
    this.#context = context
    this.#id = id
  }

  follow(challenge: Challenge | undefined): void {
    // What comes late speaks of what was.
    if (challenge && challenge.version < this.#version) return
    this.#version = challenge?.version ?? 0
    const due = challenge && !challenge.complete ? dueAt(challenge) : undefined
    if (due === this.#dueAt) return
    this.#dueAt = due
    this.#forget?.()
    this.#forget = undefined
    if (due !== undefined) this.#setFor(due)
  }

  stop(): void {
    this.#stopped = true
    this.#forget?.()
  }

  #setFor(at: number): void {
    if (!this.#stopped) this.#forget = this.#context.deadlines.set(at, () => this.#expire())
  }

  #expire(): void {
    moveChallenge(this.#context, this.#id, { type: 'expire' }).then(
      (moved) => {
        // Not complete: something else is due later, or the store's clock has stepped back.
        this.#dueAt = undefined
        this.follow(moved?.challenge)
      },
      (error) => {
        this.#context.onError(error)
        this.#setFor(this.#context.store.now() + RETRY_MS)
      },
    )
  }
}
