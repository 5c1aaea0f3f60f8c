import { percentile } from '../bench/measure/statistics.ts'
import type { RedisKind } from './deployment/deployment.ts'
import type { CatchUp } from './tracker/catch-up.ts'
import type { Broken, Verdict } from './tracker/judge.ts'
import type { Outage, PageRecord, Recording } from './tracker/recording.ts'

export interface RoundTimes {
  readonly name: string
  readonly from: number
  /** When everything had been put in order again. */
  readonly mendedAt: number
  readonly to: number
  readonly faults: number
}

export interface FailedStrike {
  readonly fault: string
  readonly why: string
  readonly at: number
}

/** Times are milliseconds; moments count from the run's beginning. */
export interface RunReport {
  readonly redis: RedisKind
  readonly faults: number
  /** Pages that were waiting when the first fault struck. */
  readonly gathered: number
  /** All there have been. */
  readonly pages: number
  readonly challenges: number
  /** Changes that a page had to be told. */
  readonly told: number
  readonly lost: number
  readonly duplicates: number
  readonly rolledBack: number
  /** Of those that were told at all. */
  readonly worst: number
  readonly rounds: readonly RoundReport[]
  readonly outages: readonly (Omit<Outage, 'grace'> & { readonly ms: number })[]
  readonly broken: readonly BrokenReport[]
  /** How long this process itself stood still, at most: above a second the machine was too busy to say much. */
  readonly longestStall: number
  readonly seconds: number
}

export interface RoundReport {
  readonly name: string
  readonly at: number
  readonly ms: number
  /** Changes committed in the round, times the pages that had to be told each. */
  readonly told: number
  readonly pages: number
  readonly p50: number
  readonly p99: number
  readonly worst: number
  /** Who took longest, and all that page was told. */
  readonly slowest?: { readonly kind: string; readonly change: string; readonly story: readonly string[] } | undefined
}

export interface BrokenReport extends Omit<Broken, 'page'> {
  readonly page?: number
  readonly kind?: string
  readonly holder?: number
  readonly round: string
  /** All that the page was told: `version status @moment, on connection`. */
  readonly story?: readonly string[]
}

export interface RunFindings {
  readonly kind: RedisKind
  readonly began: number
  readonly gathered: number
  readonly times: readonly RoundTimes[]
  readonly failed: readonly FailedStrike[]
  readonly recording: Recording
  readonly verdict: Verdict
  readonly longestStall: number
}

export function summarize({
  kind,
  began,
  gathered,
  times,
  failed,
  recording,
  verdict,
  longestStall,
}: RunFindings): RunReport {
  const moment = (at: number) => Math.round(at - began)
  const roundAt = (at: number) => times.find(({ from, to }) => at >= from && at < to)?.name ?? 'between rounds'
  const missed = failed.map(({ fault, why, at }) => ({ promise: 'the fault strikes', what: `${fault}: ${why}`, at }))
  const toReport = ({ page, at, ...broken }: Broken): BrokenReport => ({
    ...broken,
    at: moment(at),
    round: roundAt(at),
    ...(page && { page: page.page, kind: page.kind, holder: page.holder, story: tellStory(page, moment) }),
  })
  return {
    redis: kind,
    faults: times.reduce((sum, { faults }) => sum + faults, 0),
    gathered,
    pages: recording.pages.length,
    challenges: recording.challenges.size,
    told: verdict.catchUps.length,
    lost: verdict.lost,
    duplicates: verdict.duplicates,
    rolledBack: verdict.rolledBack,
    worst: worst(verdict.catchUps),
    rounds: times.map((round) => reportRound(round, verdict.catchUps, moment)),
    outages: recording.outages.map(({ grace: _, ...outage }) => ({
      ...outage,
      began: moment(outage.began),
      ended: moment(outage.ended),
      ms: Math.round(outage.ended - outage.began),
    })),
    broken: [...missed, ...verdict.broken].map(toReport),
    longestStall: Math.round(longestStall),
    seconds: Math.round((recording.endedAt - began) / 1_000),
  }
}

function reportRound(
  { name, from, to }: RoundTimes,
  all: readonly CatchUp[],
  moment: (at: number) => number,
): RoundReport {
  const own = all.filter(({ change }) => change.committedAt >= from && change.committedAt < to)
  const times = own.map(({ ms }) => ms).filter((ms) => ms !== undefined)
  return {
    name,
    at: moment(from),
    ms: Math.round(to - from),
    told: own.length,
    pages: new Set(own.map(({ page }) => page.page)).size,
    p50: round(percentile(times, 0.5)),
    p99: round(percentile(times, 0.99)),
    worst: worst(own),
    slowest: slowestOf(own, moment),
  }
}

function slowestOf(catchUps: readonly CatchUp[], moment: (at: number) => number): RoundReport['slowest'] {
  const [first] = catchUps
  if (!first) return undefined
  const { page, change } = catchUps.reduce((most, each) => (lasting(each) > lasting(most) ? each : most), first)
  const { version, status, committedAt } = change
  return { kind: page.kind, change: `${version} ${status} @${moment(committedAt)}`, story: tellStory(page, moment) }
}

function lasting({ ms }: CatchUp): number {
  return ms ?? Number.POSITIVE_INFINITY
}

function worst(catchUps: readonly CatchUp[]): number {
  return round(catchUps.reduce((most, { ms }) => Math.max(most, ms ?? 0), 0))
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}

function tellStory(page: PageRecord, moment: (at: number) => number): string[] {
  const end = page.failed ?? (page.resolved.length > 0 ? 'resolved' : 'left')
  return [
    `opened @${moment(page.openedAt)}`,
    ...page.told.map(
      ({ version, status, at, connection }) => `${version} ${status} @${moment(at)}, on connection ${connection}`,
    ),
    ...(page.closedAt === undefined ? [] : [`${end} @${moment(page.closedAt)}`]),
  ]
}
