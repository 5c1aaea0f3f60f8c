import type { Change, Outage, PageRecord } from './recording.ts'

/** While the store can be reached, no page is further behind it than this. Milliseconds. */
export const PROMISE_MS = 10_000

export interface CatchUp {
  readonly page: PageRecord
  readonly change: Change
  /** From when on the page had to be told: the commit, or the end of what kept it from being. */
  readonly from: number
  /** Undefined: the page never got there. */
  readonly ms: number | undefined
  readonly verdict: 'in time' | 'late' | 'never'
}

/**
 * How long a page took to learn of a change, or of a newer one. Undefined when nothing can be said: the page left, or the
 * recording ended, before it had to know.
 */
export function catchUp(
  page: PageRecord,
  change: Change,
  outages: readonly Outage[],
  endedAt: number,
): CatchUp | undefined {
  if (!concerns(page, change)) return undefined
  const knewAt = page.told.find(({ version }) => version >= change.version)?.at
  const { from, grace } = dueFrom(page, change, outages, knewAt ?? endedAt)
  if (knewAt === undefined) {
    const isOver = from + grace > Math.min(page.closedAt ?? Number.POSITIVE_INFINITY, endedAt)
    return isOver ? undefined : { page, change, from, ms: undefined, verdict: 'never' }
  }
  const ms = Math.max(0, knewAt - from)
  return { page, change, from, ms, verdict: ms <= grace ? 'in time' : 'late' }
}

/** A poll knows how the challenge began, and is woken by another status word only. */
function concerns(page: PageRecord, change: Change): boolean {
  return page.kind !== 'poll' || change.complete || (change.movesStatus && change.version > 1)
}

/**
 * An outage excuses the page as long as it lasts, if it began before the page was late. One that began later excuses
 * nothing, and neither does one that was over before the page had to know.
 */
function dueFrom(
  page: PageRecord,
  change: Change,
  outages: readonly Outage[],
  until: number,
): { from: number; grace: number } {
  let from = Math.max(change.committedAt, page.openedAt)
  let grace = PROMISE_MS
  for (const outage of outages.toSorted((a, b) => a.began - b.began)) {
    if (outage.holder !== undefined && outage.holder !== page.holder) continue
    if (outage.ended <= from) {
      // Its own dead link a page may not have noticed yet.
      if (from < outage.ended + outage.grace) grace = Math.max(grace, outage.grace)
      continue
    }
    if (outage.began > Math.min(from + grace, until)) break
    from = outage.ended
    grace = Math.max(grace, outage.grace)
  }
  return { from, grace }
}
