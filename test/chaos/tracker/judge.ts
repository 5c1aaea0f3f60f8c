import { type CatchUp, catchUp } from './catch-up.ts'
import { tellHistory } from './history.ts'
import { pageOddities } from './page-story.ts'
import type { PageRecord, Recording } from './recording.ts'

export interface Verdict {
  /** Empty: every promise was kept. */
  readonly broken: readonly Broken[]
  /** Every change that a page had to learn of, and how long that took. */
  readonly catchUps: readonly CatchUp[]
  /** Updates that were acknowledged and are not kept, and changes that a page was never told. */
  readonly lost: number
  readonly duplicates: number
  /** Acknowledged updates that a failover undid. */
  readonly rolledBack: number
}

export interface Broken {
  readonly promise: string
  readonly what: string
  readonly at: number
  readonly challenge?: string
  readonly page?: PageRecord
}

/** From all that was recorded to what was promised and not kept. */
export function judge(recording: Recording): Verdict {
  const { outages, failovers, endedAt } = recording
  const broken: Broken[] = [...brokenByHubs(recording)]
  const catchUps: CatchUp[] = []
  const pagesOf = byChallenge(recording.pages)
  let lost = 0
  let duplicates = 0
  let rolledBack = 0

  for (const record of recording.challenges.values()) {
    const { challenge } = record
    const pages = pagesOf.get(challenge) ?? []
    const history = tellHistory(record, pages, failovers)
    rolledBack += history.rolledBack.length
    lost += history.lost.length
    for (const { what, at } of history.lost) broken.push({ promise: 'kept', what, at, challenge })
    for (const { what, at } of history.contradictions) broken.push({ promise: 'one history', what, at, challenge })
    for (const page of pages) {
      for (const change of history.changes) {
        const told = catchUp(page, change, outages, endedAt)
        if (!told) continue
        catchUps.push(told)
        if (told.verdict === 'never') lost += 1
        if (told.verdict !== 'in time') broken.push(toBroken(told))
      }
    }
  }
  for (const page of recording.pages) {
    for (const { promise, what, at } of pageOddities(
      page,
      recording.challenges.get(page.challenge)?.acknowledged[0],
      failovers,
    )) {
      if (promise === 'told once' || promise === 'resolved once') duplicates += 1
      broken.push({ promise, what, at, challenge: page.challenge, page })
    }
  }
  return { broken: broken.toSorted((a, b) => a.at - b.at), catchUps, lost, duplicates, rolledBack }
}

function byChallenge(pages: readonly PageRecord[]): Map<string, PageRecord[]> {
  const groups = new Map<string, PageRecord[]>()
  for (const page of pages) {
    const group = groups.get(page.challenge)
    if (group) group.push(page)
    else groups.set(page.challenge, [page])
  }
  return groups
}

function toBroken({ page, change, from, ms }: CatchUp): Broken {
  const news = `${change.status}${change.complete ? ' (complete)' : ''} of version ${change.version}`
  const what = ms === undefined ? `never told ${news}` : `told ${news} after ${Math.round(ms)} ms`
  return { promise: 'told in time', what, at: from, challenge: page.challenge, page }
}

function brokenByHubs({ hubEnds, unhandled, endedAt }: Recording): Broken[] {
  const died = hubEnds.filter(({ wanted, how }) => wanted === 'never' || (wanted === 'stopped' && how !== 0))
  return [
    ...died.map(({ hub, how, at, wanted }) => ({
      promise: 'no hub dies of it',
      what: `hub ${hub} ended with ${how}${wanted === 'stopped' ? ' when asked to stop' : ''}`,
      at,
    })),
    ...unhandled.map((line) => ({ promise: 'nothing unhandled', what: line, at: endedAt })),
  ]
}
