import type { ApprovalView, BackendView, ChallengeView, PageView } from '../protocol/challenge.ts'
import type { AuthenticationStatus, AuthenticationStep } from '../protocol/mfa.ts'
import { type Challenge, dueAt, isAsked } from './challenge.ts'

/** What everyone who may see a challenge sees of it. */
export function toView(challenge: Challenge): ChallengeView {
  return {
    challenge: challenge.id,
    challengeStatus: challenge.status,
    isChallengeComplete: challenge.complete,
    // Seed 000 spells input and output differently.
    ...(challenge.updatedByFlowId !== undefined && { updateByFlowId: challenge.updatedByFlowId }),
    createdDate: challenge.createdAt,
    statusUpdatedDate: challenge.statusUpdatedAt,
    expiresDate: challenge.expiresAt,
    version: challenge.version,
    statusVersion: challenge.statusVersion,
    ...(challenge.authentication && { authentication: stepOf(challenge, challenge.authentication.step) }),
    ...(challenge.delivery && { delivery: challenge.delivery }),
    ...(challenge.asked && { questionExpiresDate: challenge.asked.until }),
  }
}

/** Where an authentication stands whose challenge was ended by others: by time, or by a backend. */
const ENDED: ReadonlyMap<string, AuthenticationStatus> = new Map([
  ['cancelled', 'CANCELLED'],
  ['timed_out', 'TIMED_OUT'],
])
const FINAL: readonly AuthenticationStep['status'][] = ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT']

export function stepOf<Step extends AuthenticationStep>(
  { complete, status, authentication }: Challenge,
  step: Step,
): Step | (Step & { status: AuthenticationStatus }) {
  return complete && !authentication?.hasEnded && !FINAL.includes(step.status)
    ? { ...step, status: ENDED.get(status) ?? 'FAILED' }
    : step
}

/** What the waiting page sees: nobody else ever sees the number. */
export function toPageView(challenge: Challenge, now: number): PageView {
  return extended(toView(challenge), {
    ...(challenge.numberMatching && isAsked(challenge) && { number: challenge.numberMatching.number }),
    serverDate: now,
  })
}

export function toBackendView(challenge: Challenge): BackendView {
  return extended(toView(challenge), {
    claimsNameValuePairs: challenge.claims,
    ...(challenge.approver !== undefined && { approver: challenge.approver }),
    ...(challenge.display && { display: challenge.display }),
    ...(challenge.decidedBy && { decidedBy: challenge.decidedBy.user }),
    ...(challenge.reason !== undefined && { reason: challenge.reason }),
  })
}

/** The same view, with more in it: V8 takes ten times as long to spread what was itself spread together. */
export function extended<View extends object, More extends object>(view: View, more: More): View & More {
  return Object.assign(view, more)
}

/** What the approver sees of what is asked. */
export function toApprovalView(challenge: Challenge, now: number): ApprovalView {
  return {
    challenge: challenge.id,
    version: challenge.version,
    ...(challenge.display && { display: challenge.display }),
    createdDate: challenge.createdAt,
    expiresDate: dueAt(challenge),
    ...(challenge.numberMatching && { numberMatching: challenge.numberMatching.digits }),
    serverDate: now,
  }
}
