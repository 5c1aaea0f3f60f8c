import { HubError } from '../errors.ts'
import { CHALLENGE, type Challenge } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import { approvedAt, countedAfter, INBOX, type Inbox, nextInbox, type RecentRequest } from './inbox.ts'
import type { ApproverLimits } from './limits.ts'
import { isPending } from './list-approvals.ts'

const MINUTE_MS = 60_000
/** What one document can well hold, whatever the limits are. */
const MOST_LISTED = 1_000
/**
 * A challenge is created within this, or not at all: one that is not there so long after its entry never will be, and
 * does not count. Milliseconds.
 */
export const CREATED_WITHIN_MS = 10_000

/** A challenge that is about to ask; `isAnew`: once more, which counts. A repeat of its creation does not. */
type Asking = Pick<Challenge, 'id' | 'expiresAt'> & { readonly isAnew?: boolean }

/** What the challenges themselves say of a person's inbox. */
interface Truth {
  /** These wait for nobody: complete, never created, or not asked any more. Entries that are newer than this are not meant. */
  readonly over: ReadonlyMap<string, number>
  readonly neverCreated: ReadonlyMap<string, number>
  readonly approvedAt: number
}

const UNKNOWN: Truth = { over: new Map(), neverCreated: new Map(), approvedAt: 0 }

/**
 * Puts a request on a person's list, before the challenge is created, unless they are silenced or asked too much already.
 * The count is in the one document that is committed, so it is exact over all instances; a repeat counts once.
 */
export async function askApprover(context: ChallengeContext, user: string, challenge: Asking): Promise<void> {
  if ((await enter(context, user, challenge, UNKNOWN)) === undefined) return
  // The list may be behind: what was just answered is taken off it a moment later, and a failed creation only in time.
  const refusal = await enter(context, user, challenge, await findTruth(context, user))
  if (refusal) throw refusal
}

function enter(
  context: ChallengeContext,
  user: string,
  challenge: Asking,
  truth: Truth,
): Promise<HubError | undefined> {
  const { id, expiresAt } = challenge
  return context.changes.change(INBOX, user, (inbox, now) => {
    const silencedUntil = inbox?.silence?.until ?? 0
    if (now < silencedUntil) return { result: silenced(silencedUntil - now) }
    // A creation that was cut short and is repeated has its entry, which is renewed, and has been counted.
    const entries = (inbox?.entries ?? []).filter(
      (entry) => entry.expiresAt > now && entry.challenge !== id && !isMeant(entry, truth.over),
    )
    const recent = recentOf(inbox, truth, now)
    const before = challenge.isAnew ? undefined : recent.find((request) => request.challenge === id)
    const asked = before ?? { challenge: id, askedAt: now }
    const others = recent.filter((request) => request !== asked)
    const { pendingPerApprover, requestsPerApproverMinute } = context.limits
    const pendingEnds = entries.map((entry) => entry.expiresAt)
    const recentEnds = others.map(({ askedAt }) => askedAt + MINUTE_MS)
    const roomAt = Math.max(
      roomAfter(pendingEnds, pendingPerApprover),
      roomAfter(recentEnds, requestsPerApproverMinute),
    )
    if (roomAt > now) return { result: tooMany(context.limits, roomAt - now) }
    const change = { entries: [...entries, { challenge: id, askedAt: now, expiresAt }], recent: [...others, asked] }
    return { next: nextInbox(inbox, change, now), result: undefined }
  })
}

function recentOf(inbox: Inbox | undefined, truth: Truth, now: number): readonly RecentRequest[] {
  return countedAfter(inbox?.recent, Math.max(now - MINUTE_MS, truth.approvedAt)).filter(
    (request) => !isMeant(request, truth.neverCreated),
  )
}

/** Whoever asks anew renews the entry: what was found out about the one before does not speak of it. */
function isMeant({ challenge, askedAt }: RecentRequest, found: ReadonlyMap<string, number>): boolean {
  return askedAt <= (found.get(challenge) ?? Number.NEGATIVE_INFINITY)
}

/** When so many of these have ended that fewer than `limit` are left; 0: that is so already. @param limit 0: none */
function roomAfter(ends: readonly number[], limit: number): number {
  const most = limit === 0 ? MOST_LISTED : Math.min(limit, MOST_LISTED)
  return ends.toSorted((a, b) => a - b)[ends.length - most] ?? 0
}

async function findTruth(context: ChallengeContext, user: string): Promise<Truth> {
  const inbox = await context.store.read(INBOX, user)
  // Taken before looking: what is not there then, and is overdue by now, can't come any more.
  const now = context.store.now()
  const listed = new Map([...(inbox?.recent ?? []), ...(inbox?.entries ?? [])].map((each) => [each.challenge, each]))
  const found = await Promise.all([...listed.keys()].map((id) => context.store.read(CHALLENGE, id)))
  const challenges = found.filter((challenge) => challenge !== undefined) as Challenge[]
  const byId = new Map(challenges.map((challenge) => [challenge.id, challenge]))
  const settled = [...listed.values()].filter(({ askedAt }) => now >= askedAt + CREATED_WITHIN_MS)
  const toEntry = ({ challenge, askedAt }: RecentRequest) => [challenge, askedAt] as const
  const neverCreated = settled.filter(({ challenge }) => !byId.has(challenge)).map(toEntry)
  // Its authentication goes another way by now.
  const askedNoMore = settled.filter(({ challenge }) => isAskedNoMore(byId.get(challenge), user)).map(toEntry)
  const complete = challenges
    .filter((challenge) => challenge.complete)
    .map(({ id }) => [id, Number.POSITIVE_INFINITY] as const)
  return {
    over: new Map([...neverCreated, ...askedNoMore, ...complete]),
    neverCreated: new Map(neverCreated),
    approvedAt: Math.max(0, ...challenges.map(approvedAt)),
  }
}

function isAskedNoMore(challenge: Challenge | undefined, user: string): boolean {
  return challenge !== undefined && !isPending(challenge, user)
}

function tooMany({ pendingPerApprover, requestsPerApproverMinute }: ApproverLimits, waitMs: number): HubError {
  const why = `At most ${pendingPerApprover} requests wait for one approver, and at most ${requestsPerApproverMinute} come in a minute without an approval.`
  return new HubError('too_many_requests', why, { retryAfter: Math.ceil(waitMs / 1_000) })
}

function silenced(waitMs: number): HubError {
  const why = 'The approver said that it was not them who asked. Until a backend lifts it, nobody may ask them.'
  return new HubError('approver_silenced', why, { retryAfter: Math.ceil(waitMs / 1_000) })
}
