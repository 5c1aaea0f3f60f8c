import type {
  ApproverView,
  BackendView,
  CreateChallengeBody,
  CreatedChallenge,
  PolledChallenge,
  UpdateChallengeBody,
} from '../server/protocol/challenge.ts'
import { AssentError } from './assent-error.ts'
import { bearer } from './bearer.ts'
import { callHub, type Hub } from './call-hub.ts'
import { type PollOptions, pollHub } from './poll-hub.ts'
import { retry } from './retry.ts'
import type { Until } from './track-status.ts'

export type BackendOptions =
  | { readonly url: string; readonly token: string }
  | { readonly url: string; readonly apiKey: string }

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export interface CreateOptions extends CallOptions {
  /** 1…200 characters. Give your own to create the same challenge again after a crash; else each call has its own. */
  readonly idempotencyKey?: string | undefined
}

export interface WaitForChangeOptions extends PollOptions {
  /** What ends the wait: another status word (the default), or completion (`complete`) only. */
  readonly until?: Until | undefined
}

/**
 * Every call is tried up to 5 times while nobody answers or the hub asks for patience (10 s at most, where too much was
 * asked); it then rejects: AssentError.
 */
export interface Backend {
  /**
   * Rejects with `approver_silenced` while the approver may not be asked, because they said `not_me`, and with
   * `too_many_requests` when they were asked too often; `retryAfter` says when they may be asked again.
   */
  createChallenge(body: CreateChallengeBody, options?: CreateOptions): Promise<CreatedChallenge>
  /**
   * Rejects with `challenge_complete` (and `record`) when it has ended otherwise; when a try without an answer turns out
   * to have ended it exactly as asked, resolves.
   */
  updateChallenge(challenge: string, body: UpdateChallengeBody, options?: CallOptions): Promise<BackendView>
  getChallenge(challenge: string, options?: CallOptions): Promise<BackendView>
  /** One poll: `pollOutcome` says whether it ended by a change, by completion, or because its time was up. */
  pollChallenge(challenge: string, options?: PollOptions): Promise<PolledChallenge>
  /** Polls until the status differs from the one at `since` (by default: from now on), or the challenge is complete. */
  waitForChange(challenge: string, options?: WaitForChangeOptions): Promise<BackendView>
  /** How many requests wait for this person, and until when nobody may ask them. */
  getApprover(user: string, options?: CallOptions): Promise<ApproverView>
  /** Lets a person be asked again who said `not_me`. */
  liftSilence(user: string, options?: CallOptions): Promise<void>
}

/**
 * The requester's side: opens challenges, changes them, reads them and waits on them. For servers, never for pages.
 *
 * @example
 * const backend = createBackend({ url: 'https://assent.internal', apiKey: process.env.ASSENT_API_KEY })
 * const { challenge, waitToken } = await backend.createChallenge({ approver: 'ada', display: { title: 'Sign on' } })
 * const { challengeStatus } = await backend.waitForChange(challenge, { until: 'complete' })
 */
export function createBackend(options: BackendOptions): Backend {
  const hub = toHub(options)
  const pathOf = (challenge: string) => `/v1/challenges/${encodeURIComponent(challenge)}`
  const approverPathOf = (user: string) => `/v1/approvers/${encodeURIComponent(user)}`

  const backend: Backend = {
    createChallenge(body, { idempotencyKey = crypto.randomUUID(), signal } = {}) {
      const headers = { 'idempotency-key': idempotencyKey }
      return retry(() => callHub(hub, '/v1/challenges', { method: 'POST', body, headers, signal }), signal)
    },
    updateChallenge(challenge, body, { signal } = {}) {
      return retry(async (attempt) => {
        try {
          return await callHub<BackendView>(hub, pathOf(challenge), { method: 'PATCH', body, signal })
        } catch (error) {
          if (attempt > 1 && error instanceof AssentError && error.code === 'challenge_complete') {
            const record = error.record as BackendView
            if (isAsAsked(record, body)) return record
          }
          throw error
        }
      }, signal)
    },
    getChallenge: (challenge, { signal } = {}) => retry(() => callHub(hub, pathOf(challenge), { signal }), signal),
    pollChallenge: (challenge, poll = {}) => retry(() => pollHub(hub, challenge, poll), poll.signal),
    async waitForChange(challenge, { until = 'changed', since, pollRetries, ...rest } = {}) {
      // Never 0: polls that hold nothing open would follow each other in a tight loop.
      const poll = { ...rest, pollRetries: pollRetries || undefined }
      const begun = since === undefined ? await backend.getChallenge(challenge, poll) : undefined
      if (begun?.isChallengeComplete) return begun
      let known = since ?? begun?.statusVersion
      while (true) {
        const { pollOutcome, ...view } = await backend.pollChallenge(challenge, { ...poll, since: known })
        if (pollOutcome === 'complete' || (pollOutcome === 'changed' && until === 'changed')) return view
        known = view.statusVersion
      }
    },
    getApprover: (user, { signal } = {}) => retry(() => callHub(hub, approverPathOf(user), { signal }), signal),
    liftSilence(user, { signal } = {}) {
      const path = `${approverPathOf(user)}/silence`
      return retry(() => callHub<void>(hub, path, { method: 'DELETE', signal }), signal)
    },
  }
  return backend
}

/** Where the hub is, and how a backend says who it is. */
export function toHub(options: BackendOptions): Hub {
  return 'token' in options
    ? bearer(options.url, options.token)
    : { url: options.url, headers: { 'api-key': options.apiKey } }
}

/** Whether the challenge stands as `body` asked: then an earlier try, whose answer was lost, has done it. */
function isAsAsked(record: BackendView, body: UpdateChallengeBody): boolean {
  const { challengeStatus, isChallengeComplete, updatedByFlowId, claimsNameValuePairs } = body
  return (
    record.challengeStatus === (challengeStatus ?? record.challengeStatus) &&
    record.isChallengeComplete === (isChallengeComplete ?? true) &&
    record.updateByFlowId === (updatedByFlowId ?? record.updateByFlowId) &&
    (!claimsNameValuePairs || toText(record.claimsNameValuePairs) === toText(claimsNameValuePairs))
  )
}

function toText(claims: BackendView['claimsNameValuePairs']): string {
  return JSON.stringify(claims.map(({ name, value }) => [name, value]))
}
