import { type Challenge, isAsked } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { findChallenge } from './find-challenge.ts'
import { INBOX } from './inbox.ts'

/** What waits for a person's answer now, oldest first, at whichever of their devices. */
export async function listApprovals(context: ChallengeContext, user: string): Promise<readonly Challenge[]> {
  const inbox = await context.store.read(INBOX, user)
  const listed = await Promise.all((inbox?.entries ?? []).map((entry) => findChallenge(context, entry.challenge)))
  return listed.filter((challenge) => challenge !== undefined && isPending(challenge, user)) as readonly Challenge[]
}

export function isPending(challenge: Challenge, user: string): boolean {
  return !challenge.complete && challenge.approver === user && isAsked(challenge)
}
