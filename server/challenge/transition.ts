import { timingSafeEqual } from 'node:crypto'
import type { Claim, Decision } from '../protocol/challenge.ts'
import { type Approver, type AuthenticationPart, type Challenge, GRACE_MS } from './challenge.ts'

/*
 *        update (any word, not complete), authenticate (a step)
 *                      ┌───────┐
 *                      ▼       │
 *   create ──────▶  started, or any other word  ──▶ update (complete) ──▶  any word  ┐
 *                      │       │       │                                             │
 *                      │       │       └──▶ approve (right number, if asked) ──▶ approved
 *                      │       └──────────▶ deny, or the third wrong number ──▶ denied │ complete: for good
 *                      ├──────────────────▶ authenticate (the last step) ──▶ approved, denied, cancelled, timed_out
 *                      └──────────────────▶ expire, or any action too late ──▶ timed_out
 *
 * Seed 000: "Any change in the challenge status, regardless of the value, will cause this flow to continue."
 */

export type Action =
  | { readonly type: 'update'; readonly change: Update }
  | {
      readonly type: 'decide'
      readonly decision: Decision
      readonly by: Approver
      readonly number?: string | undefined
      readonly reason?: string | undefined
    }
  | { readonly type: 'authenticate'; readonly advance: Advance }
  | { readonly type: 'expire' }

/** How an authentication begins or goes on: the engine's rules, as a function of what is kept. */
export type Advance = (part: AuthenticationPart | undefined, now: number) => AuthenticationChange

export interface AuthenticationChange {
  readonly part: AuthenticationPart | undefined
  /** How the challenge ends with it; absent: it goes on. */
  readonly end?: 'approved' | 'denied' | 'cancelled' | 'timed_out' | undefined
}

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
  | { readonly code: 'number_missing' }
  | { readonly code: 'number_mismatch'; readonly attemptsRemaining: number }

/** What an action makes of a challenge: the same object when nothing changes. A refusal may change it all the same. */
export interface Transition {
  readonly challenge: Challenge
  readonly refusal?: Refusal
}

/** The whole of the rules. `now` is the store's clock, epoch milliseconds. */
export function transition(challenge: Challenge, action: Action, now: number): Transition {
  if (action.type === 'decide' && challenge.approver !== action.by.user) {
    return { challenge, refusal: { code: 'challenge_not_found' } }
  }
  if (challenge.complete) return isRepeat(challenge, action) ? { challenge } : refuseComplete(challenge)
  if (now >= challenge.expiresAt) return tooLate(challenge, action, now)
  switch (action.type) {
    case 'update':
      return isUnproven(challenge, action.change)
        ? { challenge, refusal: { code: 'not_proven' } }
        : { challenge: updated(challenge, action.change, now) }
    case 'decide':
      return decided(challenge, action, now)
    case 'authenticate':
      return authenticated(challenge, action.advance, now)
    case 'expire':
      return { challenge }
  }
}

export function isOverdue(challenge: Challenge, now: number): boolean {
  return !challenge.complete && now >= challenge.expiresAt
}

/** An approver who says the same again (the answer got lost) is told that it was done. */
function isRepeat(challenge: Challenge, action: Action): boolean {
  if (action.type === 'expire') return true
  if (action.type !== 'decide') return false
  const { decidedBy } = challenge
  return (
    decidedBy?.user === action.by.user &&
    decidedBy.device === action.by.device &&
    challenge.status === outcomeOf(action.decision)
  )
}

function refuseComplete(challenge: Challenge): Transition {
  return { challenge, refusal: { code: 'challenge_complete' } }
}

function tooLate(challenge: Challenge, action: Action, now: number): Transition {
  const ended = moved(challenge, { status: 'timed_out', complete: true }, now)
  return action.type === 'expire' ? { challenge: ended } : refuseComplete(ended)
}

function decided(challenge: Challenge, action: Action & { type: 'decide' }, now: number): Transition {
  if (action.decision === 'approve' && challenge.numberMatching) {
    const { number, attemptsRemaining } = challenge.numberMatching
    if (action.number === undefined) return { challenge, refusal: { code: 'number_missing' } }
    if (!sameDigits(action.number, number)) return wrongNumber(challenge, attemptsRemaining - 1, now)
  }
  const { by, reason } = action
  return {
    challenge: {
      ...moved(challenge, { status: outcomeOf(action.decision), complete: true }, now),
      decidedBy: by,
      ...(reason !== undefined && { reason }),
    },
  }
}

function authenticated(challenge: Challenge, advance: Advance, now: number): Transition {
  const { part, end } = advance(challenge.authentication, now)
  if (part === challenge.authentication && end === undefined) return { challenge }
  const change = end === undefined ? {} : { status: end, complete: true }
  return { challenge: { ...moved(challenge, change, now), authentication: part } }
}

function wrongNumber(challenge: Challenge, attemptsRemaining: number, now: number): Transition {
  const end = attemptsRemaining > 0 ? {} : { status: 'denied', complete: true }
  const next = moved(challenge, end, now)
  return {
    challenge: {
      ...next,
      numberMatching: challenge.numberMatching && { ...challenge.numberMatching, attemptsRemaining },
      ...(next.complete && { reason: 'number_mismatch' }),
    },
    refusal: { code: 'number_mismatch', attemptsRemaining },
  }
}

function updated(challenge: Challenge, change: Update, now: number): Challenge {
  return changesNothing(challenge, change) ? challenge : moved(challenge, change, now)
}

/** What a person is asked to prove can be given up by a backend, but not said to be proven. */
function isUnproven({ authentication }: Challenge, { status }: Update): boolean {
  return authentication !== undefined && status === 'approved'
}

function changesNothing(challenge: Challenge, change: Update): boolean {
  return (
    (change.status ?? challenge.status) === challenge.status &&
    !change.complete &&
    (change.updatedByFlowId ?? challenge.updatedByFlowId) === challenge.updatedByFlowId &&
    (change.claims === undefined || sameClaims(change.claims, challenge.claims))
  )
}

function sameClaims(a: readonly Claim[], b: readonly Claim[]): boolean {
  return a.length === b.length && a.every((claim, at) => claim.name === b[at]?.name && claim.value === b[at]?.value)
}

/** The next version. Only another word moves the status's date and version; only completion moves the purge. */
function moved(challenge: Challenge, change: Update, now: number): Challenge {
  const version = challenge.version + 1
  const status = change.status ?? challenge.status
  const complete = change.complete ?? false
  return {
    ...challenge,
    version,
    status,
    complete,
    ...(status !== challenge.status && { statusVersion: version, statusUpdatedAt: now }),
    ...(complete && { purgeAt: now + GRACE_MS }),
    ...(change.updatedByFlowId !== undefined && { updatedByFlowId: change.updatedByFlowId }),
    ...(change.claims !== undefined && { claims: change.claims }),
  }
}

function outcomeOf(decision: Decision): string {
  return decision === 'approve' ? 'approved' : 'denied'
}

function sameDigits(typed: string, expected: string): boolean {
  const a = Buffer.from(typed)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
