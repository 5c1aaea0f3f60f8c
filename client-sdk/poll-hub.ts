import type { BackendView, ChallengeView, PolledChallenge } from '../server/protocol/challenge.ts'
import { AssentError } from './assent-error.ts'
import { callHub, type Hub } from './call-hub.ts'
import { rest } from './rest.ts'

/** What the hub takes when it is told nothing. */
const DEFAULT_INTERVAL_MS = 2000
const DEFAULT_RETRIES = 30
/** How much later than promised a poll's answer may come before the link counts as dead. Milliseconds. */
const SLACK_MS = 5000
/** So often another instance is asked at once; who is sent away even then rests like after any failure. */
const TRIES_ELSEWHERE = 5
/** The longest pause before that: those whom one instance sends away should not arrive together. Milliseconds. */
const ELSEWHERE_MS = 250

/** How a poll is held open: up to `pollInterval` × `pollRetries` milliseconds, at most 10 minutes. */
export interface PollOptions {
  /** Milliseconds between looks, 100…60000; default 2000. A change is answered at once, whatever the interval. */
  readonly pollInterval?: number | undefined
  /** Further looks, 0…600; default 30. */
  readonly pollRetries?: number | undefined
  /** The `statusVersion` already known. */
  readonly since?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * One long poll, given up on its own when the answer is overdue. An instance that shuts down answers it early, and then it
 * is asked again: that is no failure, and its `Retry-After` is meant for those who would come back to the same instance.
 */
export async function pollHub<View extends ChallengeView = BackendView>(
  hub: Hub,
  challenge: string,
  options: PollOptions,
): Promise<PolledChallenge<View>> {
  const { pollInterval, pollRetries, since, signal } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await callHub<PolledChallenge<View>>(hub, `/v1/challenges/${encodeURIComponent(challenge)}/poll`, {
        query: { pollInterval, pollRetries, since },
        signal,
        patience: (pollInterval ?? DEFAULT_INTERVAL_MS) * (pollRetries ?? DEFAULT_RETRIES) + SLACK_MS,
      })
    } catch (error) {
      const isMoving = error instanceof AssentError && error.code === 'draining'
      if (!isMoving || attempt === TRIES_ELSEWHERE) throw error
      await rest(Math.random() * ELSEWHERE_MS, signal)
    }
  }
}
