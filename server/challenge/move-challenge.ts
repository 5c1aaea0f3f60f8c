import type { Action } from './action.ts'
import { CHALLENGE, type Challenge, dueAt } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { settleInInbox } from './inbox.ts'
import { type Transition, transition } from './transition.ts'

/** Applies an action to a challenge, whoever else does so at the same moment; undefined when there is no such challenge. */
export async function moveChallenge(
  context: ChallengeContext,
  id: string,
  action: Action,
): Promise<Transition | undefined> {
  let completed = false
  let before: Challenge | undefined
  const result = await context.changes.change<Challenge, Transition | undefined>(CHALLENGE, id, (challenge, now) => {
    if (!challenge) return { result: undefined }
    before = challenge
    const moved = transition(challenge, action, now, context.engine)
    completed = moved.challenge.complete && !challenge.complete
    // What was decided in time by our clock must be in time by the store's when it is saved, too.
    const inTime = [dueAt(challenge), challenge.expiresAt].find((due) => now < due)
    return { next: moved.challenge, before: inTime, result: moved }
  })
  if (completed && result) settleInInbox(context, result.challenge)
  if (before && result && isTakenBack(before, result.challenge, action)) context.onWithdrawn(before)
  return result
}

/** Whether a device that was asked is not asked any more, and has not answered itself. */
function isTakenBack(before: Challenge, after: Challenge, { type }: Action): boolean {
  if (before.asked === undefined || before.complete || type === 'decide') return false
  return after.complete || after.asked?.device !== before.asked.device
}
