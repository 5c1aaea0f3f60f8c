import type { Socket } from 'socket.io-client'
import type { ChallengeView, Decision, DecisionBody } from '../server/protocol/challenge.ts'
import type { DecideMessage, Refused } from '../server/protocol/events.ts'
import { AssentError } from './assent-error.ts'
import { callHub, type Hub } from './call-hub.ts'
import { retry } from './retry.ts'

/** How long the socket's answer is waited for before the decision is repeated over HTTP. Milliseconds. */
const ACK_MS = 5000

export interface DecisionDetails {
  /** The digits the person read off the waiting page, when number matching is on. */
  readonly number?: string | number
  /** Why, in the person's words; to deny with `NOT_ME` says that somebody else asked, and nobody may ask for a while. */
  readonly reason?: string
  /** The device's signature over the decision, where a device must sign. */
  readonly signature?: string
}

type Answer = { readonly ok: true; readonly challenge: ChallengeView } | Refused

/**
 * Says a decision over the socket, if one is live, and over HTTP if there is none or it falls silent before the answer:
 * a repeat of one's own decision is no second one. Where the hub asks for patience, HTTP is tried up to 4 times more.
 */
export function decide(
  hub: Hub,
  socket: Socket | undefined,
  decision: Decision,
  message: DecideMessage,
  signal: AbortSignal,
): Promise<ChallengeView> {
  return retry(async (attempt) => {
    const answer = attempt === 1 ? await overSocket(socket, decision, message) : undefined
    if (answer?.ok) return answer.challenge
    if (answer) throw new AssentError({ ...answer.error, record: answer.record })

    const { challenge, ...details } = message
    const body: DecisionBody = { decision, ...details }
    return callHub<ChallengeView>(hub, `/v1/approvals/${encodeURIComponent(challenge)}`, {
      method: 'POST',
      body,
      signal,
    })
  }, signal)
}

async function overSocket(
  socket: Socket | undefined,
  decision: Decision,
  message: DecideMessage,
): Promise<Answer | undefined> {
  try {
    return await socket?.timeout(ACK_MS).emitWithAck(decision, message)
  } catch {
    // No answer in time, or the socket dropped: whether the hub heard it is unknown, so HTTP repeats it.
    return undefined
  }
}
