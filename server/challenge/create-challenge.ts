import { HubError } from '../errors.ts'
import type { AuthenticationChange } from './action.ts'
import { asked } from './ask.ts'
import { askApprover, CREATED_WITHIN_MS } from './ask-approver.ts'
import { CHALLENGE, type Challenge, GRACE_MS, isAsked, NUMBER_ATTEMPTS, shortened } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { findChallenge } from './find-challenge.ts'
import { rememberRequest } from './idempotency.ts'
import { settleInInbox } from './inbox.ts'
import type { NewChallenge } from './parse.ts'
import { challengeNotFound } from './refuse.ts'

export interface Repeatable {
  /** Who asks: the same key of another caller is another key. */
  readonly caller: string
  readonly key: string
}

/**
 * Opens a challenge. With an idempotency key, a repeat gives the challenge of the first time, or finishes a creation that
 * was cut short.
 */
export async function createChallenge(
  context: ChallengeContext,
  wanted: NewChallenge,
  repeatable?: Repeatable,
): Promise<Challenge> {
  if (!repeatable) return openChallenge(context, context.random.id(), wanted)
  const id = await rememberRequest(context, wanted, repeatable)
  return (await findChallenge(context, id)) ?? openChallenge(context, id, wanted)
}

/** Opens a challenge under this id, or finds the one that is there. @param engaged what the engine above makes of it at once */
export async function openChallenge(
  context: ChallengeContext,
  id: string,
  wanted: NewChallenge,
  engaged?: Pick<AuthenticationChange, 'part' | 'ask' | 'until'>,
): Promise<Challenge> {
  const opened = newChallenge(context, id, wanted)
  const plain = engaged?.until === undefined ? opened : shortened(opened, engaged.until)
  const challenge = engaged ? asked({ ...plain, authentication: engaged.part }, engaged.ask ?? 'nobody') : plain
  // The inbox first: an entry without a challenge is a hint that leads nowhere, a challenge without an entry is never seen.
  if (challenge.approver !== undefined && !challenge.complete) await askApprover(context, challenge.approver, challenge)
  // After that its entry may have been taken for one that leads nowhere.
  const before = challenge.createdAt + CREATED_WITHIN_MS
  const result = await context.store.commit(CHALLENGE, id, challenge, { before })
  if (result === 'committed') {
    if (challenge.approver !== undefined && !challenge.complete && isAsked(challenge)) context.onAsked(challenge)
    return challenge
  }
  if (result === 'late') throw new HubError('busy', 'This took too long. Try again.', { retryAfter: 1 })
  // Only two requests with one key can want one id: the other one was quicker.
  const first = await context.store.read(CHALLENGE, id)
  if (!first) throw challengeNotFound()
  // Answered meanwhile, and off the list, until it was put on it again above.
  if (first.complete) settleInInbox(context, first)
  return first
}

function newChallenge(context: ChallengeContext, id: string, wanted: NewChallenge): Challenge {
  const now = context.store.now()
  const expiresAt = now + wanted.challengeTimeout * 1_000
  return {
    id,
    version: 1,
    status: wanted.challengeStatus,
    complete: wanted.isChallengeComplete,
    statusVersion: 1,
    createdAt: now,
    statusUpdatedAt: now,
    expiresAt,
    purgeAt: (wanted.isChallengeComplete ? now : expiresAt) + GRACE_MS,
    ...(wanted.updatedByFlowId !== undefined && { updatedByFlowId: wanted.updatedByFlowId }),
    claims: wanted.claimsNameValuePairs,
    ...(wanted.approver !== undefined && { approver: wanted.approver }),
    ...(wanted.display && { display: wanted.display }),
    ...(wanted.numberMatching && {
      numberMatching: {
        digits: wanted.numberMatching,
        number: context.random.digits(wanted.numberMatching),
        attemptsRemaining: NUMBER_ATTEMPTS,
      },
    }),
  }
}
