import type { AuthenticationStep } from './mfa.ts'

/** A name and a value a backend keeps with its challenge (seed 000, `claimsNameValuePairs`). */
export interface Claim {
  readonly name: string
  readonly value: string
}

/** What the approver is shown. */
export interface Display {
  readonly title: string
  readonly message?: string | undefined
  readonly fields?: readonly DisplayField[] | undefined
}

export interface DisplayField {
  readonly label: string
  readonly value: string
}

/** How many digits the approver must type; the waiting page shows them. */
export type NumberMatching = 2 | 6

/** How far a question has come on its way to the person: handed over, on their screen's device, opened. */
export const DELIVERIES = ['queued', 'delivered', 'seen'] as const
export type Delivery = (typeof DELIVERIES)[number]

/** A challenge as everyone sees it. Times are epoch milliseconds by the store's clock. */
export interface ChallengeView {
  readonly challenge: string
  /** `started`, `approved`, `denied`, `timed_out`, or any word a backend chose. An unknown word means: changed. */
  readonly challengeStatus: string
  readonly isChallengeComplete: boolean
  /** The seed's own spelling; absent when no `updatedByFlowId` was ever given. */
  readonly updateByFlowId?: string
  readonly createdDate: number
  readonly statusUpdatedDate: number
  readonly expiresDate: number
  /** Counts every change, from 1. */
  readonly version: number
  /** The version at which the status word last changed: what waiting compares. */
  readonly statusVersion: number
  /** While the person is asked to prove who they are: how far that has come. */
  readonly authentication?: AuthenticationStep
  /** How far the question has come on its way to the person, as far as their device says so. */
  readonly delivery?: Delivery
  /** When the device that is asked now can not answer any more; the challenge may go on after that. */
  readonly questionExpiresDate?: number
}

/** What the waiting page sees besides. */
export interface PageView extends ChallengeView {
  /** The digits to show, while number matching is on. */
  readonly number?: string
  /** The store's clock when this was said, so that a countdown needs no clock of the page's. Epoch milliseconds. */
  readonly serverDate: number
}

/** What a backend sees besides. */
export interface BackendView extends ChallengeView {
  readonly claimsNameValuePairs: readonly Claim[]
  readonly approver?: string
  readonly display?: Display
  readonly decidedBy?: string
  readonly reason?: string
}

/** What the approver sees of what is asked. */
export interface ApprovalView {
  readonly challenge: string
  readonly version: number
  readonly display?: Display
  readonly createdDate: number
  readonly expiresDate: number
  readonly numberMatching?: NumberMatching
  /** The store's clock when this was said. Epoch milliseconds. */
  readonly serverDate: number
}

/** What `POST /v1/challenges` and the `create` event take. Durations are seconds. */
export interface CreateChallengeBody {
  readonly challengeStatus?: string
  readonly isChallengeComplete?: boolean
  /** Seconds, 1…86400; default 300. */
  readonly challengeTimeout?: number | string
  readonly updatedByFlowId?: string
  readonly claimsNameValuePairs?: readonly Claim[]
  /** The user id of the person asked; without one, backends alone decide. */
  readonly approver?: string
  readonly display?: Display
  readonly numberMatching?: NumberMatching | '2' | '6'
}

/** What `PATCH /v1/challenges/{challenge}` and the `update` event take. */
export interface UpdateChallengeBody {
  readonly challengeStatus?: string
  readonly isChallengeComplete?: boolean
  readonly updatedByFlowId?: string
  readonly claimsNameValuePairs?: readonly Claim[]
}

/** What a poll takes. */
export interface PollQuery {
  /** Milliseconds between looks, 100…60000; default 2000. */
  readonly pollInterval?: number | string
  /** Further looks, 0…600; default 30. */
  readonly pollRetries?: number | string
  /** The `statusVersion` already known. */
  readonly since?: number | string
}

export type PollOutcome = 'changed' | 'complete' | 'exhausted'

/** The challenge just created, for the backend that created it: with the page's token, and its number if it has one. */
export type CreatedChallenge = BackendView & { readonly waitToken: string; readonly number?: string }

export type PolledChallenge<View extends ChallengeView = BackendView> = View & { readonly pollOutcome: PollOutcome }

/** How things stand with a person who may be asked, as backends see it. */
export interface ApproverView {
  readonly approver: string
  /** How many requests wait for their answer. */
  readonly pending: number
  /** Nobody may ask them until then, because they said `not_me`; absent: everybody may. Epoch milliseconds. */
  readonly silencedUntil?: number
}

export type Decision = 'approve' | 'deny'

/** The reason of a denial by which a person says that somebody else asked: for a while nobody may ask them anything. */
export const NOT_ME = 'not_me'

/** What `POST /v1/approvals/{challenge}` takes. */
export interface DecisionBody {
  readonly decision: Decision
  readonly number?: string | number
  readonly reason?: string
  readonly signature?: string
}
