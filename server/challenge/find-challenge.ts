import { CHALLENGE, type Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { moveChallenge } from './move-challenge.ts'
import { isOverdue } from './transition.ts'

/** A challenge as it stands. One whose time is up becomes `timed_out` now, if nobody watched it and did so before. */
export async function findChallenge(context: ChallengeContext, id: string): Promise<Challenge | undefined> {
  const challenge = await context.store.read(CHALLENGE, id)
  if (!challenge || !isOverdue(challenge, context.store.now())) return challenge
  return (await moveChallenge(context, id, { type: 'expire' }))?.challenge
}
