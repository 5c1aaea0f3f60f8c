import { type Challenge, GRACE_MS } from './challenge.ts'
import type { ChallengeContext } from './context.ts'

/**
 * The page's token: for this challenge and nothing else, until nobody can ask any more. `since` is the status at
 * creation, so that a page that comes late is told of whatever happened before it came.
 */
export function mintWaitToken({ issueToken, store }: ChallengeContext, challenge: Challenge): string {
  const claims = { scope: 'challenges:wait', challenge: challenge.id, since: 1 } as const
  return issueToken(claims, store.now(), challenge.expiresAt + GRACE_MS)
}
