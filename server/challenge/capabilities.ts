import type { Principal } from '../auth/principal.ts'
import type {
  ApprovalView,
  ApproverView,
  BackendView,
  ChallengeView,
  CreatedChallenge,
  PageView,
  PolledChallenge,
} from '../protocol/challenge.ts'
import type { Receipt } from '../protocol/statement.ts'
import { type Approver, isAskedOf } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { createChallenge } from './create-challenge.ts'
import type { PresentApprover } from './demand-approver.ts'
import { findChallenge } from './find-challenge.ts'
import { listApprovals } from './list-approvals.ts'
import { moveChallenge } from './move-challenge.ts'
import {
  challengeId,
  decisionBody,
  deliveryBody,
  idempotencyKey,
  newChallengeBody,
  parse,
  poll,
  updateBody,
} from './parse.ts'
import { pollChallenge } from './poll-challenge.ts'
import { challengeNotFound, challengeOrRefuse } from './refuse.ts'
import { silencedUntil, silenceIfNotMe } from './silence.ts'
import { verifyDecision } from './verify-decision.ts'
import { show, viewerOf } from './viewer.ts'
import { extended, toApprovalView, toBackendView, toView } from './views.ts'
import { mintWaitToken } from './wait-token.ts'

/*
 * Seed 000's four capabilities, and the approver's two, as both HTTP and sockets offer them: from what came in to what
 * goes out. Everything that is refused is thrown as a `HubError`. That the caller has the scope for it was checked at the
 * door; whose challenge it is is checked here.
 */

/** Add Transaction Status. */
export async function create(
  context: ChallengeContext,
  principal: Principal,
  body: unknown,
  key?: string,
): Promise<CreatedChallenge> {
  const repeatable =
    key === undefined ? undefined : { caller: principal.caller, key: parse(idempotencyKey, key, 'Idempotency-Key') }
  const challenge = await createChallenge(context, parse(newChallengeBody, body), repeatable)
  return extended(toBackendView(challenge), {
    ...(challenge.numberMatching && { number: challenge.numberMatching.number }),
    waitToken: mintWaitToken(context, challenge),
  })
}

/** Update Transaction Status. */
export async function update(context: ChallengeContext, id: string, body: unknown): Promise<BackendView> {
  const { challengeStatus, isChallengeComplete, updatedByFlowId, claimsNameValuePairs } = parse(updateBody, body)
  const change = {
    status: challengeStatus,
    complete: isChallengeComplete,
    updatedByFlowId,
    claims: claimsNameValuePairs,
  }
  const moved = await moveChallenge(context, parse(challengeId, id, 'challenge'), { type: 'update', change })
  return toBackendView(challengeOrRefuse(moved, toBackendView))
}

/** Get Transaction Status. */
export async function get(
  context: ChallengeContext,
  principal: Principal,
  id: string,
): Promise<BackendView | PageView> {
  const viewer = viewerOf(principal, parse(challengeId, id, 'challenge'))
  const challenge = await findChallenge(context, id)
  if (!challenge) throw challengeNotFound()
  return show(challenge, viewer, context.store.now())
}

/** Poll for Transaction Status. */
export async function pollFor(
  context: ChallengeContext,
  principal: Principal,
  id: string,
  query: unknown,
  signal: AbortSignal,
): Promise<PolledChallenge<BackendView | PageView>> {
  const viewer = viewerOf(principal, parse(challengeId, id, 'challenge'))
  const wanted = parse(poll, query)
  const since = wanted.since ?? (viewer === 'page' ? principal.since : undefined)
  const polled = await pollChallenge(context, id, { ...wanted, since }, signal)
  if (!polled) throw challengeNotFound()
  return extended(show(polled.challenge, viewer, context.store.now()), { pollOutcome: polled.pollOutcome })
}

/** What waits for this approver's answer, at the device they are at. */
export async function approvals(context: ChallengeContext, approver: Approver): Promise<readonly ApprovalView[]> {
  const pending = await listApprovals(context, approver.user)
  const now = context.store.now()
  return pending
    .filter((challenge) => isAskedOf(challenge, approver))
    .map((challenge) => toApprovalView(challenge, now))
}

/** An approver's device has the question, or has shown it. */
export async function acknowledgeDelivery(
  context: ChallengeContext,
  { user, device }: Approver,
  id: string,
  body: unknown,
): Promise<void> {
  const { delivery } = parse(deliveryBody, body)
  const action = { type: 'deliver', delivery, by: { user, device } } as const
  challengeOrRefuse(await moveChallenge(context, parse(challengeId, id, 'challenge'), action), toView)
}

/** An approver approves or denies. */
export async function decide(
  context: ChallengeContext,
  { user, device, paired }: PresentApprover,
  id: string,
  body: unknown,
): Promise<ChallengeView> {
  const { signature, ...said } = parse(decisionBody, body)
  const challenge = parse(challengeId, id, 'challenge')
  const signed = paired && verifyDecision(user, paired, { challenge, signature, ...said }, context.store.now())
  const action = { type: 'decide', ...said, by: { user, device }, signed } as const
  await silenceIfNotMe(context, challenge, action)
  // Authentications ask paired devices only.
  if (paired && said.decision === 'approve') await context.beforeApproval(challenge)
  return toView(challengeOrRefuse(await moveChallenge(context, challenge, action), toView))
}

/** The last answer that a device has signed, for whoever has to show that it was given. */
export async function receiptOf(context: ChallengeContext, id: string): Promise<Receipt> {
  const challenge = await findChallenge(context, parse(challengeId, id, 'challenge'))
  if (!challenge?.receipt) throw challengeNotFound()
  return challenge.receipt
}

/** How things stand with a person, for a backend that may not ask them. */
export async function standing(context: ChallengeContext, user: string): Promise<ApproverView> {
  const [pending, silenced] = await Promise.all([listApprovals(context, user), silencedUntil(context, user)])
  return { approver: user, pending: pending.length, ...(silenced !== undefined && { silencedUntil: silenced }) }
}
