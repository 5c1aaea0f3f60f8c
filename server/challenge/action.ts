import type { Claim, Decision, Delivery } from '../protocol/challenge.ts'
import type { Ask } from './ask.ts'
import type { Approver, AuthenticationPart, Challenge } from './challenge.ts'
import type { SignedDecision } from './signed-decision.ts'

/** What can be done to a challenge; what becomes of it, `transition` says. */
export type Action =
  | { readonly type: 'update'; readonly change: Update }
  | {
      readonly type: 'decide'
      readonly decision: Decision
      readonly by: Approver
      readonly number?: string | undefined
      readonly reason?: string | undefined
      /** The same, as the device signed it. */
      readonly signed?: SignedDecision | undefined
    }
  | { readonly type: 'deliver'; readonly delivery: Delivery; readonly by: Approver }
  | { readonly type: 'authenticate'; readonly advance: Advance }
  | { readonly type: 'expire' }

/** How an authentication begins or goes on: the engine's rules, as a function of what is kept. */
export type Advance = (part: AuthenticationPart | undefined, now: number, challenge: Challenge) => AuthenticationChange

export interface AuthenticationChange {
  readonly part: AuthenticationPart | undefined
  /** How the challenge ends with it; absent: it goes on. */
  readonly end?: 'approved' | 'denied' | 'cancelled' | 'timed_out' | undefined
  /** Who is asked what from now on; absent: as before. */
  readonly ask?: Ask | 'nobody' | undefined
  /** When the challenge is over from now on, if that is earlier than before. Epoch milliseconds. */
  readonly until?: number | undefined
}

/** What a person does, at a device. */
export type ApproverAction = Extract<Action, { readonly by: Approver }>

export interface Update {
  readonly status?: string | undefined
  readonly complete?: boolean | undefined
  readonly updatedByFlowId?: string | undefined
  readonly claims?: readonly Claim[] | undefined
}

/** Why an action did not do what was asked. */
export type Refusal =
  | { readonly code: 'challenge_complete' }
  | { readonly code: 'challenge_not_found' }
  | { readonly code: 'not_proven' }
  | { readonly code: 'signature_required' }
  | { readonly code: 'stale_signature' }
  | { readonly code: 'number_missing' }
  | { readonly code: 'number_mismatch'; readonly attemptsRemaining: number }
