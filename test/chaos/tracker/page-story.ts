import { isBeforeFailover } from './history.ts'
import type { Change, Failover, PageRecord, Told } from './recording.ts'

export interface Oddity {
  readonly promise: 'never back' | 'told once' | 'resolved once' | 'wait kept' | 'truth told'
  readonly what: string
  readonly at: number
}

/** How long after a failover pages may still learn of what it undid. Milliseconds. */
const ROLLBACK_SHOWS_MS = 15_000
const VANISHED = /challenge_not_found|gone/

/**
 * What was wrong in what one page was told, whatever the others were told.
 * @param created the creation of its challenge
 */
export function pageOddities(page: PageRecord, created: Change | undefined, failovers: readonly Failover[]): Oddity[] {
  const oddities: Oddity[] = []
  const [outcome] = page.resolved
  let newest: Told | undefined
  /** What it knew when it resolved: a failover may undo that, and then it is told. */
  let known: Told | undefined
  const lastOn = new Map<number, Told>()
  const replacements = new Replacements(failovers)
  for (const told of page.told) {
    if (newest && told.version < newest.version && !isRollback(told.at, failovers)) {
      oddities.push({ promise: 'never back', what: `${newest.version}, then ${told.version}`, at: told.at })
    }
    // The SDK tells each version once, whatever the connection; bare listeners hear it once on each.
    const road = page.kind === 'sdk' ? 0 : told.connection
    const last = lastOn.get(road)
    if (last?.version === told.version && !replacements.take(last, told)) {
      oddities.push({ promise: 'told once', what: `${told.version} twice on connection ${road}`, at: told.at })
    }
    lastOn.set(road, told)
    if (!newest || told.version > newest.version || isRollback(told.at, failovers)) newest = told
    if (outcome && (told.at <= outcome.at || !isRollback(told.at, failovers))) known = newest
  }
  for (const again of page.resolved.slice(1)) {
    oddities.push({ promise: 'resolved once', what: `again with version ${again.version}`, at: again.at })
  }
  if (outcome && (known?.version !== outcome.version || known.status !== outcome.status)) {
    const what = `resolved with ${outcome.status} of version ${outcome.version}, told ${known?.status} of ${known?.version}`
    oddities.push({ promise: 'truth told', what, at: outcome.at })
  }
  const failedAt = page.closedAt ?? page.openedAt
  // A failover may undo a creation, and then there is nothing to wait for, for whoever comes later either.
  const mayBeUndone = isRollback(failedAt, failovers) || (created && isBeforeFailover(created, failovers))
  const isUndone = page.failed !== undefined && VANISHED.test(page.failed) && mayBeUndone
  if (page.failed !== undefined && !isUndone) {
    oddities.push({ promise: 'wait kept', what: page.failed, at: failedAt })
  }
  return oddities
}

/** After a failover another change may have taken the place of one that was undone, and its version: once for each failover. */
class Replacements {
  readonly #failovers: Set<Failover>

  constructor(failovers: readonly Failover[]) {
    this.#failovers = new Set(failovers)
  }

  take(before: Told, after: Told): boolean {
    for (const failover of this.#failovers) {
      if (before.at > failover.ended || !isRollback(after.at, [failover])) continue
      return this.#failovers.delete(failover)
    }
    return false
  }
}

function isRollback(at: number, failovers: readonly Failover[]): boolean {
  return failovers.some(({ began, ended }) => at >= began && at <= ended + ROLLBACK_SHOWS_MS)
}
