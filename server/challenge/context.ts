import { randomBytes, randomInt } from 'node:crypto'
import type { IssueToken } from '../auth/issue-token.ts'
import { Changes, type Recall } from '../store/change.ts'
import { Deadlines } from '../store/deadlines.ts'
import type { Store } from '../store/store.ts'
import { type EngineRule, NO_ENGINE } from './ask.ts'
import type { Challenge } from './challenge.ts'
import { Departure } from './departure.ts'
import type { ApproverLimits } from './limits.ts'

/** What the use cases need: the store, its queues, and chance. */
export interface ChallengeContext {
  readonly store: Store
  readonly changes: Changes
  readonly random: Random
  /** By the store's clock. */
  readonly deadlines: Deadlines
  /** Makes the wait tokens. */
  readonly issueToken: IssueToken
  /** Told of work that goes on after the answer and failed: it will be made up for, but an operator may want to know. */
  readonly onError: (error: unknown) => void
  /** When this instance ends, and whoever waits here is to ask another one. */
  readonly departure: Departure
  readonly limits: ApproverLimits
  /** What the engine above makes of answers to its questions. */
  readonly engine: EngineRule
  /** Lets the engine above end an authentication of which nothing may come any more, before an approval of it is taken. */
  readonly beforeApproval: (id: string) => Promise<void>
  /** Told of each question once it is there: whoever is asked may have to be woken up. Nobody waits for that. */
  readonly onAsked: (challenge: Challenge) => void
  /** Told of what a device was asked, once it is asked no more: it may be showing it still. */
  readonly onWithdrawn: (challenge: Challenge) => void
}

export interface Random {
  /** 32 random bytes, base64url, 43 characters. */
  id(): string
  /** So many random digits. */
  digits(count: number): string
}

const ID_BYTES = 32
const POOL_BYTES = 8_192

/** Random bytes are drawn many ids at a time; each byte is used once. */
let pool = Buffer.alloc(0)
let used = 0

function randomId(): string {
  if (used === pool.length) {
    pool = randomBytes(POOL_BYTES)
    used = 0
  }
  used += ID_BYTES
  return pool.toString('base64url', used - ID_BYTES, used)
}

export const systemRandom: Random = {
  id: randomId,
  digits: (count) =>
    randomInt(10 ** count)
      .toString()
      .padStart(count, '0'),
}

export interface ContextOptions {
  readonly store: Store
  readonly issueToken: IssueToken
  readonly onError: (error: unknown) => void
  readonly limits: ApproverLimits
  readonly random?: Random
  readonly recall?: Recall | undefined
  readonly engine?: EngineRule
  readonly beforeApproval?: (id: string) => Promise<void>
  readonly onAsked?: (challenge: Challenge) => void
  readonly onWithdrawn?: (challenge: Challenge) => void
}

export function createContext({
  random = systemRandom,
  recall,
  engine = NO_ENGINE,
  beforeApproval = async () => undefined,
  onAsked = () => undefined,
  onWithdrawn = () => undefined,
  ...options
}: ContextOptions): ChallengeContext {
  const { store } = options
  return {
    ...options,
    changes: new Changes(store, recall),
    random,
    engine,
    beforeApproval,
    onAsked,
    onWithdrawn,
    deadlines: new Deadlines(() => store.now()),
    departure: new Departure(),
  }
}
