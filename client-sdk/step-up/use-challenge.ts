import { AssentError, type AssentErrorCode } from '../assent-error.ts'
import type { Purpose, StepUpCalls } from './step-up-calls.ts'
import type { StepUpChallenge } from './step-up-challenge.ts'

/**
 * `redeemed`: it was verified, is this user's and for this operation, and nobody had used it before. `open`: so it is, but
 * for being verified. `worthless`: unknown, expired, failed, used, another user's or another operation's; which of them is
 * nobody's business.
 */
export type Used = { readonly redeemed: StepUpChallenge } | { readonly open: StepUpChallenge } | 'worthless'

const WORTHLESS: readonly AssentErrorCode[] = [
  'challengeNotFound',
  'challengedExpired',
  'challengedAlreadyRedeemed',
  'redeemChallengeConflict',
]

/** Uses a challenge up for the one thing that it is for. */
export async function useChallenge(
  calls: StepUpCalls,
  id: string,
  purpose: Purpose,
  signal: AbortSignal,
): Promise<Used> {
  try {
    const redeemed = await calls.redeem(id, purpose, { signal })
    if (isFor(redeemed, purpose) && redeemed.state === 'redeemed') return { redeemed }
    throw new AssentError({ code: 'unreachable', detail: 'Not the answer of a hub that has redeemed this.' })
  } catch (error) {
    if (!(error instanceof AssentError)) throw error
    if (error.code === 'challengedNotVerified') return lookAgain(calls, id, purpose, signal)
    if (WORTHLESS.includes(error.code)) return 'worthless'
    throw error
  }
}

/** It may have failed; or have been verified, or used, at this very moment. To look at it lets nobody through. */
async function lookAgain(calls: StepUpCalls, id: string, purpose: Purpose, signal: AbortSignal): Promise<Used> {
  try {
    const open = await calls.read(id, { signal })
    return isFor(open, purpose) && OPEN.includes(open.state) ? { open } : 'worthless'
  } catch (error) {
    if (error instanceof AssentError && error.code === 'challengeNotFound') return 'worthless'
    throw error
  }
}

const OPEN: readonly StepUpChallenge['state'][] = ['pending', 'verified']

function isFor({ userId, operation }: StepUpChallenge, purpose: Purpose): boolean {
  return userId === purpose.user && operation === purpose.operation
}
