import { type Document, defineKind } from '../store/store.ts'
import { type Challenge, completedAt, GRACE_MS } from './challenge.ts'
import type { ChallengeContext } from './context.ts'

/** What is asked of one person. An entry is a hint: the challenge it names says how things stand. */
export interface Inbox extends Document {
  readonly entries: readonly InboxEntry[]
  /** Who asked within the last minute and since the last approval: what limits count. */
  readonly recent?: readonly RecentRequest[] | undefined
  readonly silence?: Silence | undefined
}

export interface InboxEntry {
  readonly challenge: string
  readonly askedAt: number
  readonly expiresAt: number
}

export interface RecentRequest {
  readonly challenge: string
  readonly askedAt: number
}

/** Nobody may ask until then: the person said `not_me` to this challenge. */
export interface Silence {
  readonly challenge: string
  /** 0 once a backend has lifted it; a repeat of that very `not_me` does not bring it back. */
  readonly until: number
}

export const INBOX = defineKind<Inbox>('inbox')

/** What of an inbox changes; the rest stays. */
export interface InboxChange {
  readonly entries?: readonly InboxEntry[]
  readonly recent?: readonly RecentRequest[]
  readonly silence?: Silence
}

/** The next version; `purgeAt` follows from what is in it, and a silence outlives every request. */
export function nextInbox(inbox: Inbox | undefined, change: InboxChange, now: number): Inbox {
  const { entries, recent, silence } = { ...(inbox ?? { entries: [] }), ...change }
  const live = entries.filter((entry) => entry.expiresAt > now)
  const last = Math.max(now, silence?.until ?? 0, ...live.map((entry) => entry.expiresAt))
  return {
    version: (inbox?.version ?? 0) + 1,
    entries: live,
    ...(recent && { recent }),
    ...(silence && { silence }),
    purgeAt: last + GRACE_MS,
  }
}

/**
 * Takes a completed challenge off the list; when its person has approved it, what was asked until then is not counted any
 * more. The list shows right without it, so nobody waits for this: who is refused meanwhile looks at the challenges, and a
 * failure is made up for there, or when the entry expires.
 */
export function settleInInbox(context: ChallengeContext, challenge: Challenge): void {
  if (challenge.approver === undefined) return
  context.changes
    .change(INBOX, challenge.approver, (inbox, now) => {
      if (!inbox) return { result: undefined }
      const entries = inbox.entries.filter((entry) => entry.challenge !== challenge.id && entry.expiresAt > now)
      const recent = countedAfter(inbox.recent, approvedAt(challenge))
      const isSame = entries.length === inbox.entries.length && recent.length === (inbox.recent?.length ?? 0)
      return isSame ? { result: undefined } : { next: nextInbox(inbox, { entries, recent }, now), result: undefined }
    })
    .catch(context.onError)
}

/** Those who asked after that moment. */
export function countedAfter(recent: readonly RecentRequest[] = [], moment: number): readonly RecentRequest[] {
  return recent.filter(({ askedAt }) => askedAt > moment)
}

/** When the person asked has approved this challenge; 0 when they have not. */
export function approvedAt(challenge: Challenge): number {
  const { approver, decidedBy, complete, status } = challenge
  const isApproved = complete && decidedBy !== undefined && decidedBy.user === approver && status === 'approved'
  return isApproved ? completedAt(challenge) : 0
}
