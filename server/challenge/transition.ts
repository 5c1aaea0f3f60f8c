import { timingSafeEqual } from 'node:crypto'
import type { Claim, Decision, Delivery } from '../protocol/challenge.ts'
import type { Action, Advance, ApproverAction, AuthenticationChange, Refusal, Update } from './action.ts'
import { answerByEngine, asked, type EngineRule, lapsed, NO_ENGINE } from './ask.ts'
import { type Challenge, dueAt, type ExpectedNumber, GRACE_MS, isAskedOf, shortened } from './challenge.ts'
import { isOutdated, toReceipt } from './signed-decision.ts'

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
 * What an answer, or none in time, means to an authentication, its engine says: it may go on all the same.
 *
 * Seed 000: "Any change in the challenge status, regardless of the value, will cause this flow to continue."
 */

/** What an action makes of a challenge: the same object when nothing changes. A refusal may change it all the same. */
export interface Transition {
  readonly challenge: Challenge
  readonly refusal?: Refusal
}

/**
 * The whole of the rules. `now` is the store's clock, epoch milliseconds.
 * @param engine what it makes of answers to an authentication
 */
export function transition(
  challenge: Challenge,
  action: Action,
  now: number,
  engine: EngineRule = NO_ENGINE,
): Transition {
  if (isApprovers(action) && challenge.approver !== action.by.user) {
    return { challenge, refusal: { code: 'challenge_not_found' } }
  }
  if (challenge.complete) return isRepeat(challenge, action) ? { challenge } : refuseComplete(challenge)
  if (now >= challenge.expiresAt) return tooLate(challenge, action, now)
  if (now >= dueAt(challenge)) return unanswered(challenge, action, now, engine)
  if (isApprovers(action) && !isAskedOf(challenge, action.by)) {
    return isRepeat(challenge, action) ? { challenge } : { challenge, refusal: { code: 'challenge_not_found' } }
  }
  switch (action.type) {
    case 'update':
      return isUnproven(challenge, action.change)
        ? { challenge, refusal: { code: 'not_proven' } }
        : { challenge: updated(challenge, action.change, now) }
    case 'decide':
      return decided(challenge, action, now, engine)
    case 'deliver':
      return { challenge: delivered(challenge, action.delivery, now) }
    case 'authenticate':
      return authenticated(challenge, action.advance, now)
    case 'expire':
      return { challenge }
  }
}

export function isOverdue(challenge: Challenge, now: number): boolean {
  return !challenge.complete && now >= dueAt(challenge)
}

function isApprovers(action: Action): action is ApproverAction {
  return action.type === 'decide' || action.type === 'deliver'
}

/** An approver who says the same again (the answer got lost) is told that it was done; and that it was seen, whenever. */
function isRepeat(challenge: Challenge, action: Action): boolean {
  if (action.type === 'expire' || action.type === 'deliver') return true
  if (action.type !== 'decide') return false
  const { decidedBy, complete, status, receipt } = challenge
  const said = complete ? status === outcomeOf(action.decision) : receipt?.decision === action.decision
  return decidedBy?.user === action.by.user && decidedBy.device === action.by.device && said
}

function refuseComplete(challenge: Challenge): Transition {
  return { challenge, refusal: { code: 'challenge_complete' } }
}

function tooLate(challenge: Challenge, action: Action, now: number): Transition {
  const ended = moved(challenge, { status: 'timed_out', complete: true }, now)
  return action.type === 'expire' ? { challenge: ended } : refuseComplete(ended)
}

function decided(
  challenge: Challenge,
  action: Action & { type: 'decide' },
  now: number,
  engine: EngineRule,
): Transition {
  const { by, decision, reason, signed } = action
  if (challenge.asked && !signed) return { challenge, refusal: { code: 'signature_required' } }
  if (signed && isOutdated(challenge, signed)) return { challenge, refusal: { code: 'stale_signature' } }
  if (decision === 'approve' && challenge.numberMatching) {
    const { number, attemptsRemaining } = challenge.numberMatching
    if (action.number === undefined) return { challenge, refusal: { code: 'number_missing' } }
    if (!sameDigits(action.number, number)) {
      // The very same, signed: its answer got lost, or somebody says it again who can not sign.
      if (signed && signed.signature === challenge.numberMatching.lastWrong) {
        return { challenge, refusal: { code: 'number_mismatch', attemptsRemaining } }
      }
      return wrongNumber(
        challenge,
        { attemptsRemaining: attemptsRemaining - 1, lastWrong: signed?.signature },
        now,
        engine,
      )
    }
  }
  const answered = answerByEngine(challenge, decision, now, engine)
  return {
    challenge: {
      ...(answered
        ? engaged(challenge, answered, now)
        : moved(challenge, { status: outcomeOf(decision), complete: true }, now)),
      decidedBy: by,
      ...(signed && { receipt: toReceipt(challenge, decision, signed, now) }),
      ...(reason !== undefined && { reason }),
    },
  }
}

function authenticated(challenge: Challenge, advance: Advance, now: number): Transition {
  const change = advance(challenge.authentication, now, challenge)
  const { part, end, ask, until = challenge.expiresAt } = change
  const isUnchanged = part === challenge.authentication && end === undefined && ask === undefined
  if (isUnchanged && until >= challenge.expiresAt) return { challenge }
  const next = engaged(challenge, change, now)
  // An answer to an earlier question is neither the answer to this one, nor how it ended.
  const goesAnotherWay = end !== undefined || (ask !== undefined && ask !== 'nobody')
  return { challenge: goesAnotherWay ? withoutAnswer(next) : next }
}

function withoutAnswer({ decidedBy: _by, reason: _reason, receipt: _receipt, ...rest }: Challenge): Challenge {
  return rest
}

function engaged(challenge: Challenge, { part, end, ask, until }: AuthenticationChange, now: number): Challenge {
  const next = {
    ...moved(challenge, end ? { status: end, complete: true } : {}, now),
    authentication: end && part ? { ...part, hasEnded: true } : part,
  }
  const sooner = until === undefined ? next : shortened(next, Math.max(until, now))
  return ask ? asked(sooner, ask) : sooner
}

function wrongNumber(
  challenge: Challenge,
  wrong: Pick<ExpectedNumber, 'attemptsRemaining' | 'lastWrong'>,
  now: number,
  engine: EngineRule,
): Transition {
  const { attemptsRemaining } = wrong
  const isLast = attemptsRemaining <= 0
  const answered = isLast ? answerByEngine(challenge, 'wrong_number', now, engine) : undefined
  const next = answered
    ? engaged(challenge, answered, now)
    : moved(challenge, isLast ? { status: 'denied', complete: true } : {}, now)
  return {
    challenge: {
      ...next,
      numberMatching: challenge.numberMatching && { ...challenge.numberMatching, ...wrong },
      ...(next.complete && { reason: 'number_mismatch' }),
    },
    refusal: { code: 'number_mismatch', attemptsRemaining },
  }
}

/** The device did not answer in time: what that means comes first, and whatever was to be done after it. */
function unanswered(challenge: Challenge, action: Action, now: number, engine: EngineRule): Transition {
  const change = lapsed(challenge, now, engine)
  const next = engaged(challenge, change, now)
  if (action.type === 'expire') return { challenge: next }
  if (next.complete) return isRepeat(next, action) ? { challenge: next } : refuseComplete(next)
  // Both are one commit, and one version.
  const after = transition({ ...next, version: challenge.version }, action, now, engine)
  const isUnchanged = after.challenge.version === challenge.version
  return isUnchanged ? { ...after, challenge: next } : after
}

/** Only ever further: it comes by several roads, and in any order. */
function delivered(challenge: Challenge, delivery: Delivery, now: number): Challenge {
  const isFurther = RANK[delivery] > RANK[challenge.delivery ?? 'queued']
  return isFurther ? { ...moved(challenge, {}, now), delivery } : challenge
}

const RANK: Readonly<Record<Delivery, number>> = { queued: 0, delivered: 1, seen: 2 }

function updated(challenge: Challenge, change: Update, now: number): Challenge {
  return changesNothing(challenge, change) ? challenge : moved(challenge, change, now)
}

/** What a person is asked to prove can be given up by a backend, but not said to be proven. */
function isUnproven({ authentication, status: present }: Challenge, { status, complete }: Update): boolean {
  return (
    authentication !== undefined && (status === 'approved' || (complete === true && (status ?? present) === 'approved'))
  )
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
