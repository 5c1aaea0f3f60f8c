import type { PollOutcome } from '../protocol/challenge.ts'
import type { Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { findChallenge } from './find-challenge.ts'
import type { Poll } from './parse.ts'
import { waitForChange } from './wait-for-change.ts'

export interface Polled {
  readonly challenge: Challenge
  readonly pollOutcome: PollOutcome
}

/**
 * Waits until the status has changed since `since` (default: now), or the challenge is complete, or `pollRetries` looks
 * `pollInterval` ms apart have passed; woken by the change itself. Undefined: no such challenge, or it vanished. Throws
 * the signal's reason when the caller hangs up, `StoreUnavailable` when the store is away when time is up, `draining` when
 * this instance ends before.
 */
export async function pollChallenge(
  context: ChallengeContext,
  id: string,
  { pollInterval, pollRetries, since }: Poll,
  signal: AbortSignal,
): Promise<Polled | undefined> {
  const first = await findChallenge(context, id)
  if (!first) return undefined
  const known = since ?? first.statusVersion
  if (outcome(first, known) || pollRetries === 0) return polled(first, known)
  const isAwaited = (news: Challenge) => outcome(news, known) !== undefined
  const last = await waitForChange(context, id, isAwaited, pollInterval * pollRetries, signal)
  if (last === 'gone') return undefined
  const challenge = last ?? (await findChallenge(context, id))
  return challenge && polled(challenge, known)
}

function polled(challenge: Challenge, known: number): Polled {
  return { challenge, pollOutcome: outcome(challenge, known) ?? 'exhausted' }
}

function outcome(challenge: Challenge, known: number): PollOutcome | undefined {
  if (challenge.complete) return 'complete'
  return challenge.statusVersion > known ? 'changed' : undefined
}
