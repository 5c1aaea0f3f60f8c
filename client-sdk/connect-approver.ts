import type { ApprovalView, ChallengeView, Decision } from '../server/protocol/challenge.ts'
import { NAMESPACES, type Withdrawn } from '../server/protocol/events.ts'
import { abortReason } from './abort-reason.ts'
import { AssentError } from './assent-error.ts'
import { bearer } from './bearer.ts'
import { callHub } from './call-hub.ts'
import { type DecisionDetails, decide } from './decide.ts'
import { type Connection, keepInTouch } from './keep-in-touch.ts'
import { openSocket } from './open-socket.ts'
import { createPendingList, type Difference, type PendingList } from './pending-list.ts'
import { rest } from './rest.ts'
import { tell } from './tell.ts'

export interface ApproverOptions {
  /** Where the hub is: `https://assent.example.com`, also with a path; empty: the page's own origin. */
  readonly url: string
  /** A token with the scope `challenges:approve`. */
  readonly token: string
  /** Told the whole list, once at the beginning and then whenever it changes. Each challenge is in it once. */
  readonly onPending: (approvals: readonly ApprovalView[]) => void
  /** Told each challenge once, when it first appears. */
  readonly onRequested?: ((approval: ApprovalView) => void) | undefined
  /** Told when one was answered elsewhere, cancelled or expired. The status is `withdrawn` when HTTP did not say which. */
  readonly onWithdrawn?: ((what: Withdrawn) => void) | undefined
  /** Told how the approver is connected, whenever that changes. */
  readonly onConnection?: ((connection: Connection) => void) | undefined
  /** Told why it has ended, when the token is not accepted any more. */
  readonly onError?: ((error: AssentError) => void) | undefined
  /** Ends it, like `close()`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds between reads of the list while no socket can be had; default 3000. */
  readonly pollInterval?: number | undefined
}

export interface Approver {
  /**
   * Approves. Resolves with the challenge as it then stands; rejects with an AssentError: `challenge_complete` (with
   * `record`), `number_mismatch` (with `attemptsRemaining`), `challenge_not_found`, or `unreachable` after 5 tries.
   */
  approve(challenge: string, details?: DecisionDetails): Promise<ChallengeView>
  /** Denies; resolves and rejects like `approve`. */
  deny(challenge: string, details?: DecisionDetails): Promise<ChallengeView>
  pending(): readonly ApprovalView[]
  /** Ends it. Decisions still under way reject with an AbortError (after a refusal by the hub: with that). */
  close(): void
}

/**
 * Connects a person who decides: shows what is asked of them, and says what they answer, by socket or, while none can be
 * had, over HTTP.
 *
 * @example
 * const approver = connectApprover({ url, token, onPending: (approvals) => render(approvals) })
 * await approver.approve(challenge, { number: '42' })
 */
export function connectApprover(options: ApproverOptions): Approver {
  return openApprover(options)
}

/** What a phone with a key of its own brings along. */
export interface Signing {
  /** What it knows of what is asked; it outlives the connection. */
  readonly list: PendingList
  sign(decision: Decision, approval: ApprovalView, details: DecisionDetails): Promise<string>
  /** Told of each question as it comes. */
  hear(approval: ApprovalView): void
}

/** An approver's connection. @param phone signs what is answered, and says what has arrived */
export function openApprover(options: ApproverOptions, phone?: Signing): Approver & { seen(challenge: string): void } {
  const {
    url,
    token,
    onPending,
    onRequested,
    onWithdrawn,
    onConnection,
    onError,
    signal,
    pollInterval = 3000,
  } = options
  const hub = bearer(url, token)
  const list = phone?.list ?? createPendingList()
  const deciding = new Set<string>()
  const ended = new AbortController()

  const read = async (abort: AbortSignal): Promise<boolean> => {
    const { revision } = list
    const approvals = await callHub<ApprovalView[]>(hub, '/v1/approvals', { signal: abort })
    for (const approval of approvals) phone?.hear(approval)
    // What was heard meanwhile is newer than this answer.
    return !abort.aborted && revision === list.revision && take(list.replace(approvals))
  }

  const touch = keepInTouch({
    open: () => openSocket(url, NAMESPACES.approving, token),
    hear: (socket) =>
      socket
        .on('pending', (approvals: ApprovalView[]) => {
          for (const approval of approvals) phone?.hear(approval)
          take(list.replace(approvals))
        })
        .on('requested', (approval: ApprovalView) => {
          phone?.hear(approval)
          take(list.add(approval))
        })
        .on('withdrawn', ({ challenge, challengeStatus }: Withdrawn) => take(list.remove(challenge), challengeStatus)),
    read,
    async poll(abort) {
      await rest(pollInterval, abort)
      await read(abort)
    },
    onRefused(error) {
      end(error)
      tell(onError, error)
    },
    onConnection,
  })
  if (signal?.aborted) close()
  signal?.addEventListener('abort', close)

  /** Tells what has changed; true when anything has. */
  function take({ changed, added, removed }: Difference, challengeStatus = 'withdrawn'): boolean {
    if (changed) tell(onPending, list.approvals)
    for (const approval of added) {
      tell(onRequested, approval)
      if (phone) report(approval.challenge, 'delivered')
    }
    for (const { challenge } of removed) {
      // One's own decision is told by its promise.
      if (!deciding.has(challenge)) tell(onWithdrawn, { challenge, challengeStatus })
    }
    return changed
  }

  async function decideOnce(decision: Decision, challenge: string, details: DecisionDetails): Promise<ChallengeView> {
    const signature = phone && (await signed(phone, decision, challenge, details))
    const message = { challenge, ...details, ...(signature !== undefined && { signature }) }
    return decide(hub, touch.socket(), decision, message, ended.signal)
  }

  /** Where the phone's clock is wrong, the list says what time it is. */
  async function byTheHubsClock<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    try {
      return await act()
    } catch (error) {
      if (!(phone && error instanceof AssentError && error.code === 'clock_skew')) throw error
      await read(ended.signal)
      return act()
    }
  }

  async function say(decision: Decision, challenge: string, details: DecisionDetails = {}): Promise<ChallengeView> {
    if (ended.signal.aborted) throw abortReason(ended.signal)
    deciding.add(challenge)
    try {
      const decided = await byTheHubsClock(() => decideOnce(decision, challenge, details))
      if (decided.isChallengeComplete) take(list.remove(challenge, decided.version))
      return decided
    } catch (error) {
      if (error instanceof AssentError && error.code === 'challenge_complete') take(list.remove(challenge))
      throw error
    } finally {
      deciding.delete(challenge)
    }
  }

  /** Signed is what was shown: a question that is not on the list was never shown. */
  async function signed(
    { sign }: Signing,
    decision: Decision,
    challenge: string,
    details: DecisionDetails,
  ): Promise<string> {
    const approval = list.approvals.find((each) => each.challenge === challenge)
    if (!approval) throw new AssentError({ code: 'challenge_not_found', detail: 'Nothing of the kind is asked.' })
    return sign(decision, approval, details)
  }

  /** Says how far a question has come. Nothing depends on it: what is not heard is not said again. */
  function report(challenge: string, delivery: 'delivered' | 'seen'): void {
    const path = `/v1/approvals/${encodeURIComponent(challenge)}/delivery`
    const said = touch.socket()
    if (said) said.emit('received', { challenge, delivery }, () => undefined)
    else callHub(hub, path, { method: 'POST', body: { delivery }, signal: ended.signal }).catch(() => undefined)
  }

  function close(): void {
    end()
  }

  /** @param reason why the hub did, if it was the hub: whoever decides now is told so */
  function end(reason?: AssentError): void {
    ended.abort(reason)
    touch.close()
    signal?.removeEventListener('abort', close)
  }

  return {
    approve: (challenge, details) => say('approve', challenge, details),
    deny: (challenge, details) => say('deny', challenge, details),
    pending: () => list.approvals,
    seen: (challenge) => report(challenge, 'seen'),
    close,
  }
}
