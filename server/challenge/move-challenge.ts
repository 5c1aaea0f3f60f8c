import { CHALLENGE, type Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { settleInInbox } from './inbox.ts'
import { type Action, type Transition, transition } from './transition.ts'

/** Applies an action to a challenge, whoever else does so at the same moment; undefined when there is no such challenge. */
export async function moveChallenge(
  context: ChallengeContext,
  id: string,
  action: Action,
): Promise<Transition | undefined> {
  let completed = false
  const result = await context.changes.change<Challenge, Transition | undefined>(CHALLENGE, id, (challenge, now) => {
    if (!challenge) return { result: undefined }
    const moved = transition(challenge, action, now)
    completed = moved.challenge.complete && !challenge.complete
    // What was decided in time by our clock must be in time by the store's when it is saved, too.
    const before = now < challenge.expiresAt ? challenge.expiresAt : undefined
    return { next: moved.challenge, before, result: moved }
  })
  if (completed && result) settleInInbox(context, result.challenge)
  return result
}
