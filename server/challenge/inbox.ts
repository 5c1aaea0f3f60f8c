import { HubError } from '../errors.ts'
import { type Document, defineKind } from '../store/store.ts'
import { type Challenge, GRACE_MS } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { PENDING_PER_APPROVER } from './limits.ts'

/** What is asked of one person. An entry is a hint: the challenge it names says how things stand. */
export interface Inbox extends Document {
  readonly entries: readonly InboxEntry[]
}

export interface InboxEntry {
  readonly challenge: string
  readonly expiresAt: number
}

export const INBOX = defineKind<Inbox>('inbox')

export function addToInbox(context: ChallengeContext, user: string, challenge: Challenge): Promise<void> {
  return context.changes.change(INBOX, user, (inbox, now) => {
    const live = (inbox?.entries ?? []).filter((entry) => entry.expiresAt > now)
    if (live.some((entry) => entry.challenge === challenge.id)) return { result: undefined }
    if (live.length >= PENDING_PER_APPROVER) {
      throw new HubError('too_many_requests', `${PENDING_PER_APPROVER} requests already wait for this approver.`, {
        retryAfter: Math.ceil((Math.min(...live.map((entry) => entry.expiresAt)) - now) / 1_000),
      })
    }
    const entries = [...live, { challenge: challenge.id, expiresAt: challenge.expiresAt }]
    return { next: nextInbox(inbox, entries, now), result: undefined }
  })
}

/**
 * Takes a completed challenge off the list. The list shows right without it, so nobody waits for this, and a failure is
 * made up for when the entry expires.
 */
export function removeFromInbox(context: ChallengeContext, challenge: Challenge): void {
  if (challenge.approver === undefined) return
  context.changes
    .change(INBOX, challenge.approver, (inbox, now) => {
      const entries = inbox?.entries.filter((entry) => entry.challenge !== challenge.id && entry.expiresAt > now)
      if (!inbox || !entries || entries.length === inbox.entries.length) return { result: undefined }
      return { next: nextInbox(inbox, entries, now), result: undefined }
    })
    .catch(context.onError)
}

function nextInbox(inbox: Inbox | undefined, entries: readonly InboxEntry[], now: number): Inbox {
  const lastExpiry = entries.reduce((latest, entry) => Math.max(latest, entry.expiresAt), now)
  return { version: (inbox?.version ?? 0) + 1, entries, purgeAt: lastExpiry + GRACE_MS }
}
