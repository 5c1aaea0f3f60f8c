import type { ApprovalView, BackendView, ChallengeView, PageView } from './challenge.ts'
import type { ErrorNotice } from './error-codes.ts'

/** The Socket.IO namespaces. WebSocket only, path `/socket.io/`. */
export const NAMESPACES = { waiting: '/waiting', approving: '/approving', publishing: '/publishing' } as const

export type Ack<Result> = (answer: ({ readonly ok: true } & Result) | Refused) => void

export interface Refused {
  readonly ok: false
  readonly error: ErrorNotice
  /** The challenge as it stands, with `challenge_complete`. */
  readonly record?: ChallengeView
}

/** The hub asks to connect elsewhere: it will close this connection later. */
export interface Moving {
  readonly afterMs: number
}

export interface WaitingServerEvents {
  status(challenge: PageView | BackendView): void
  gone(what: { readonly challenge: string }): void
  moving(how: Moving): void
}

export interface WaitingClientEvents {
  subscribe(body: { readonly token: string }, ack: Ack<{ readonly challenge: ChallengeView }>): void
}

export interface Withdrawn {
  readonly challenge: string
  readonly challengeStatus: string
}

export interface ApprovingServerEvents {
  pending(approvals: readonly ApprovalView[]): void
  requested(approval: ApprovalView): void
  withdrawn(what: Withdrawn): void
  moving(how: Moving): void
}

/** What an approver says over the socket; the event's name is the decision. */
export interface DecideMessage {
  readonly challenge: string
  readonly number?: string | number
  readonly reason?: string
  readonly signature?: string
}

export interface ApprovingClientEvents {
  approve(body: DecideMessage, ack: Ack<{ readonly challenge: ChallengeView }>): void
  deny(body: DecideMessage, ack: Ack<{ readonly challenge: ChallengeView }>): void
  /** The question has arrived, or has been opened. */
  received(body: { readonly challenge: string; readonly delivery: 'delivered' | 'seen' }, ack: Ack<object>): void
}

type PublishingAck = Ack<{ readonly challenge: BackendView; readonly waitToken?: string }>

/** The seed's four capabilities. The bodies are HTTP's, plus `challenge` where one is meant. */
export interface PublishingClientEvents {
  create(body: unknown, ack: PublishingAck): void
  update(body: unknown, ack: PublishingAck): void
  get(body: unknown, ack: PublishingAck): void
  poll(body: unknown, ack: PublishingAck): void
}

export interface PublishingServerEvents {
  moving(how: Moving): void
}
