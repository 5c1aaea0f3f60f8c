import { demandScope, quotaKey } from '../../auth/principal.ts'
import type { Limits } from '../../limits/limits.ts'
import type { Repeatable } from '../../mfa/idempotency.ts'
import type { Question } from '../endpoint.ts'
import { repeatableOf } from '../repeatable.ts'

/**
 * Lets a backend begin what opens a challenge, or drives one: throws when it may not, or does so too often. Answers what
 * makes the same call again harmless.
 * @param what is created
 */
export function admitCreation(limits: Limits, question: Question, what: string): Repeatable | undefined {
  limits.creation(quotaKey(question.principal))
  // Whoever drives a challenge sees it, and is given its page's token.
  if (namesChallenge(question.body)) demandScope(question.principal, 'challenges:write')
  return repeatableOf(question, what)
}

/** Whether a challenge is to be driven that is there already. */
function namesChallenge(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'waitingChallenge' in body
}
