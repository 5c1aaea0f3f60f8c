import type { AuthenticationChange } from '../../challenge/action.ts'
import { type Answered, ENDS } from '../../challenge/ask.ts'
import type { AuthenticationPart, Challenge } from '../../challenge/challenge.ts'
import type { AuthenticationCodeStatus, AuthenticationStep } from '../../protocol/mfa.ts'
import type { Memo } from '../authentication/manner.ts'
import type { Duration } from '../parse.ts'

/*
 *   UNCLAIMED ──claim──▶ CLAIMED ──approve──▶ COMPLETED
 *      │  │                │ │ └──deny──▶ DENIED
 *      │  │                │ └──the third wrong number──▶ FAILED
 *      │  └──claim, where no approval is asked for──▶ COMPLETED
 *      └───────────────────┴──its time is up──▶ EXPIRED
 */

/** An authentication code is a challenge with this part: whoever claims it says who they are. */
export interface CodePart extends AuthenticationPart {
  readonly step: CodeStep
  readonly kept: CodeKept
}

export interface CodeStep extends AuthenticationStep {
  readonly status: AuthenticationCodeStatus
}

export interface CodeKept {
  readonly isCode: true
  /** The wish that began it, where it can be repeated. */
  readonly begunBy?: string | undefined
  readonly memo?: Memo | undefined
  /** What the phone reads, or the user types. */
  readonly code: string
  readonly application: string
  readonly userApproval: 'REQUIRED' | 'NOT_REQUIRED'
  readonly clientContext: Readonly<Record<string, string>>
  readonly lifeTime: Duration
  /** Until when it can be claimed. Epoch milliseconds. */
  readonly expiresAt: number
  /** Who has claimed it, with which device. */
  readonly user?: string | undefined
  readonly device?: string | undefined
  readonly steppedAt?: number | undefined
}

/** A challenge that an authentication code is. */
export type CodeChallenge = Challenge & { readonly authentication: CodePart }

export function isCodePart(part: AuthenticationPart): part is CodePart {
  return (part.kept as Partial<CodeKept>).isCode === true
}

export function isCode(challenge: Challenge | undefined): challenge is CodeChallenge {
  return challenge?.authentication !== undefined && isCodePart(challenge.authentication)
}

const STATUS = {
  approve: 'COMPLETED',
  deny: 'DENIED',
  wrong_number: 'FAILED',
  timed_out: 'EXPIRED',
} as const satisfies Record<Answered, AuthenticationCodeStatus>

/** What an answer of whoever claimed it makes of it. */
export function answeredCode(part: CodePart, answered: Answered, now: number): AuthenticationChange {
  const step = { ...part.step, status: STATUS[answered] }
  return { part: { ...part, step, kept: { ...part.kept, steppedAt: now } }, end: ENDS[answered] }
}
