import { randomUUID } from 'node:crypto'
import type { ChallengeContext } from '../challenge/context.ts'
import { type Document, defineKind } from '../store/store.ts'

interface Kept extends Document {
  readonly id: string
}

const ENVIRONMENT = defineKind<Kept>('environment')

/** Which deployment this is: `environment.id` of everything. Configured, or made once and kept for all instances. */
export class Environment {
  readonly #challenges: Pick<ChallengeContext, 'changes'>
  readonly #onMade: (id: string) => void
  #known: string | undefined

  /**
   * @param configured `ENVIRONMENT_ID`
   * @param onMade told of an id that was made, by the instance that made it
   */
  constructor(
    challenges: Pick<ChallengeContext, 'changes'>,
    configured: string | undefined,
    onMade: (id: string) => void,
  ) {
    this.#challenges = challenges
    this.#known = configured
    this.#onMade = onMade
  }

  /** Throws `StoreUnavailable` while nobody knows it yet and the store is away. */
  async id(): Promise<string> {
    this.#known ??= await this.#find()
    return this.#known
  }

  async #find(): Promise<string> {
    const made = randomUUID()
    const id = await this.#challenges.changes.change(ENVIRONMENT, 'this', (kept) =>
      kept ? { result: kept.id } : { next: { version: 1, id: made }, result: made },
    )
    if (id === made) this.#onMade(made)
    return id
  }
}
