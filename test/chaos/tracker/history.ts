import type { ChallengeRecord, Change, Failover, Missing, PageRecord, Sighting } from './recording.ts'

export interface History {
  /** What pages had to be told: all that was acknowledged and not undone, and how it ended, whoever ended it. */
  readonly changes: readonly Change[]
  readonly contradictions: readonly Contradiction[]
  /** Acknowledged, and not kept: a broken promise. */
  readonly lost: readonly Contradiction[]
  /** Acknowledged, and undone by a failover. */
  readonly rolledBack: readonly Change[]
}

export interface Contradiction {
  readonly what: string
  readonly at: number
}

/** So long before a failover shows, what is acknowledged may not have reached the replicas any more. Milliseconds. */
const UNREPLICATED_MS = 2_000

/** Puts together what all who had to do with one challenge know of it. */
export function tellHistory(
  record: ChallengeRecord,
  pages: readonly PageRecord[],
  failovers: readonly Failover[],
): History {
  const gone = record.acknowledged.filter((change) => denial(change, record) !== undefined)
  const rolledBack = gone.filter((change) => isBeforeFailover(change, failovers))
  const lost = gone.filter((change) => !rolledBack.includes(change)).map((change) => tellLoss(change, record))
  const ending = record.readings.findLast(isChange)
  const changes = record.acknowledged.filter((change) => !gone.includes(change))
  if (ending?.complete && !changes.some(({ version }) => version === ending.version)) changes.push(ending)
  const sightings = [
    ...record.acknowledged,
    ...record.readings.filter(isChange),
    ...pages.flatMap((page) => [...page.told, ...page.resolved]),
  ]
  return { changes, contradictions: contradictions(sightings, failovers), lost, rolledBack }
}

/**
 * What shows that a change is gone: a later reading of neither it nor something newer, or another change of the same version
 * that was acknowledged afterwards.
 */
function denial(change: Change, { readings, acknowledged }: ChallengeRecord): Change | Missing | undefined {
  const isLater = ({ at }: { at: number }) => at >= change.at
  const reading = readings.filter(isLater).find((each) => {
    if (!isChange(each)) return true
    return each.version > change.version ? change.complete : says(each) !== says(change)
  })
  return (
    reading ??
    acknowledged.filter(isLater).find((each) => each.version === change.version && says(each) !== says(change))
  )
}

function tellLoss(change: Change, record: ChallengeRecord): Contradiction {
  const reading = denial(change, record)
  const late = Math.round((reading?.at ?? 0) - change.at)
  const seen = reading && isChange(reading) ? says(reading) : 'no such challenge'
  return { what: `acknowledged ${says(change)}; ${late} ms later: ${seen}`, at: change.at }
}

/** One version is one content, and only one version completes, for whoever looks. */
function contradictions(sightings: readonly Sighting[], failovers: readonly Failover[]): Contradiction[] {
  const found: Contradiction[] = []
  const byVersion = new Map<number, Sighting>()
  let ending: Sighting | undefined
  for (const sighting of sightings.toSorted((a, b) => a.at - b.at)) {
    const before = byVersion.get(sighting.version)
    if (before && says(before) !== says(sighting) && !isAcrossFailover(before, sighting, failovers)) {
      found.push({ what: `${says(before)}, and ${says(sighting)}`, at: sighting.at })
    }
    byVersion.set(sighting.version, sighting)
    if (!sighting.complete) continue
    if (ending && ending.version !== sighting.version && !isAcrossFailover(ending, sighting, failovers)) {
      found.push({ what: `ended as ${says(ending)}, and as ${says(sighting)}`, at: sighting.at })
    }
    ending = sighting
  }
  return found
}

function says({ version, status, complete }: Sighting): string {
  return `${status}${complete ? ' (complete)' : ''} at version ${version}`
}

function isChange(reading: Change | Missing): reading is Change {
  return !('missing' in reading)
}

/** Whether a failover may have undone it. */
export function isBeforeFailover(change: Change, failovers: readonly Failover[]): boolean {
  return failovers.some(({ began, ended }) => change.at >= began - UNREPLICATED_MS && change.at <= ended)
}

function isAcrossFailover(before: Sighting, after: Sighting, failovers: readonly Failover[]): boolean {
  return failovers.some(
    ({ began, ended }) => before.at <= ended && before.at >= began - UNREPLICATED_MS && after.at >= began,
  )
}
