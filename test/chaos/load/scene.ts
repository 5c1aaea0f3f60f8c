import { setMaxListeners } from 'node:events'
import {
  AssentError,
  type Backend,
  type ChallengeView,
  type CreatedChallenge,
  createBackend,
} from '../../../client-sdk/index.ts'
import { rest } from '../../../client-sdk/rest.ts'
import type { Crowd } from '../pages/crowd.ts'
import type { Tracker } from '../tracker/tracker.ts'
import { Approvers } from './approvers.ts'
import type { PagePlan } from './plan-life.ts'
import { mintTokens } from './tokens.ts'

const BETWEEN_TRIES_MS = 500

export interface SceneOptions {
  readonly url: string
  readonly users: number
  readonly crowd: Crowd
  readonly tracker: Tracker
}

/** Who and what a challenge meets in its life: a backend, approvers, pages; and a tracker who writes it all down. */
export class Scene {
  readonly backend: Backend
  readonly approvers: Approvers
  readonly tracker: Tracker
  readonly #crowd: Crowd
  readonly #holderOf = new Map<number, number>()
  readonly #lives = new Set<AbortController>()
  #isEnding = false
  readonly #over = new AbortController()
  #pages = 0

  constructor({ url, users, crowd, tracker }: SceneOptions) {
    const tokens = mintTokens()
    this.backend = createBackend({ url, token: tokens.backend() })
    this.approvers = new Approvers(url, tokens, users)
    this.tracker = tracker
    // Every challenge listens.
    setMaxListeners(0, this.over)
    this.#crowd = crowd
  }

  /** Puts a challenge on the scene. What it gets back is aborted when it should come to its end now. */
  enter(): AbortController {
    const life = new AbortController()
    setMaxListeners(0, life.signal)
    this.#lives.add(life)
    if (this.#isEnding) life.abort()
    return life
  }

  leave(life: AbortController): void {
    this.#lives.delete(life)
  }

  /** Aborted when nothing is waited for any more. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Has every challenge end, one after the other: all in one moment would be a fault that nobody asked for. */
  bringToEnd(overMs: number): void {
    this.#isEnding = true
    for (const [at, life] of [...this.#lives].entries()) {
      setTimeout(() => life.abort(), (at / this.#lives.size) * overMs)
    }
  }

  close(): void {
    this.#over.abort()
    this.approvers.close()
  }

  /** How many pages there have been until now. */
  get pages(): number {
    return this.#pages
  }

  /** Opens a page when its time has come, and closes it again if it has not the patience to stay. */
  async visit(
    plan: PagePlan,
    created: CreatedChallenge,
    hurry: AbortSignal,
    onOpened: (page: number) => void,
  ): Promise<void> {
    await rest(plan.opensAfterMs, hurry)
    this.#pages += 1
    const page = this.#pages
    const order = { page, kind: plan.kind, until: plan.until, holder: plan.holder, token: created.waitToken }
    this.tracker.ordered(order, created.challenge)
    this.#holderOf.set(page, plan.holder)
    this.#crowd.open(order)
    onOpened(page)
    if (plan.leavesAfterMs === undefined) return
    await rest(plan.leavesAfterMs - plan.opensAfterMs, hurry)
    if (!hurry.aborted) this.dismiss(page)
  }

  /** Whether a page cannot even be told to leave at the moment. */
  isFrozen(page: number): boolean {
    return this.#crowd.holders[this.#holderOf.get(page) ?? 0]?.isFrozen ?? false
  }

  dismiss(page: number): void {
    if (this.tracker.stillOpen([page]) > 0) this.#crowd.close(this.#holderOf.get(page) ?? 0, page)
  }

  /** Makes a change, and writes down what came of it. Answers whether the challenge is known to have ended. */
  async attempt(challenge: string, change: () => Promise<ChallengeView>): Promise<boolean> {
    try {
      const view = await change()
      this.tracker.acknowledged(view)
      return view.isChallengeComplete
    } catch (error) {
      if (!(error instanceof AssentError)) throw error
      if (error.code === 'challenge_complete') this.tracker.read(error.record as ChallengeView)
      else if (error.code === 'challenge_not_found') this.tracker.missed(challenge)
      else if (error.isPassing) return false
      // Asked what nobody may ask: the load itself is wrong.
      else throw error
      return true
    }
  }

  /** Makes a change again and again, until the challenge is known to have ended. */
  async insist(challenge: string, change: () => Promise<ChallengeView>): Promise<void> {
    while (!this.over.aborted && !(await this.attempt(challenge, change))) {
      await rest(BETWEEN_TRIES_MS, this.over)
    }
  }

  /** Reads how a challenge stands, again and again, until the hub says. */
  async look(challenge: string): Promise<void> {
    while (!this.over.aborted) {
      try {
        return this.tracker.read(await this.backend.getChallenge(challenge))
      } catch (error) {
        if (!(error instanceof AssentError)) throw error
        if (error.code === 'challenge_not_found') return this.tracker.missed(challenge)
      }
      await rest(BETWEEN_TRIES_MS, this.over)
    }
  }
}
