import type { ChallengeView } from '../../../client-sdk/index.ts'
import type { PageOrder } from '../pages/crowd.ts'
import type { PageNews } from '../pages/messages.ts'
import { machineTime, toMachineTime } from './machine-time.ts'
import type { Change, Failover, HubEnd, Missing, Outage, PageRecord, Recording, Sighting, Told } from './recording.ts'

interface OpenChallenge {
  readonly challenge: string
  readonly acknowledged: Change[]
  readonly readings: (Change | Missing)[]
}

interface OpenPage extends Omit<PageRecord, 'told' | 'resolved'> {
  openedAt: number
  readonly told: Told[]
  readonly resolved: Sighting[]
  failed?: string
  closedAt?: number
}

/** Hubs keep a complete challenge for 300 s; later than this it is not asked for any more. Milliseconds. */
const READABLE_MS = 240_000

/** Writes down what everybody does, is told and is promised. */
export class Tracker {
  readonly #challenges = new Map<string, OpenChallenge>()
  readonly #pages = new Map<number, OpenPage>()
  readonly #outages: Outage[] = []
  readonly #failovers: Failover[] = []
  readonly #hubEnds: HubEnd[] = []
  readonly #unhandled: string[] = []

  get challenges(): number {
    return this.#challenges.size
  }

  /** The hub has said that this is done. */
  acknowledged(view: ChallengeView): void {
    this.#challenge(view.challenge).acknowledged.push(toChange(view))
  }

  /** A backend was told how a challenge stands. */
  read(view: ChallengeView): void {
    this.#challenge(view.challenge).readings.push(toChange(view))
  }

  /** A backend was told that there is no such challenge. */
  missed(challenge: string): void {
    this.#challenge(challenge).readings.push({ at: machineTime(), missing: true })
  }

  ordered({ page, kind, until, holder }: PageOrder, challenge: string): void {
    const notYet = Number.POSITIVE_INFINITY
    this.#pages.set(page, { page, challenge, kind, until, holder, openedAt: notYet, told: [], resolved: [] })
  }

  readonly heard = (news: PageNews): void => {
    const page = this.#pages.get(news.page)
    if (!page) throw new Error(`nobody ordered page ${news.page}`)
    if (news.news === 'opened') page.openedAt = news.at
    else if (news.news === 'closed') page.closedAt = news.at
    else if (news.news === 'failed') page.failed = news.why
    else if (news.news === 'resolved') page.resolved.push(toPlain(news))
    else page.told.push({ ...toPlain(news), connection: news.connection })
  }

  readonly outage = (outage: Outage): void => {
    this.#outages.push(outage)
  }

  failover(failover: Failover): void {
    this.#failovers.push(failover)
  }

  readonly hubEnded = (end: HubEnd): void => {
    this.#hubEnds.push(end)
  }

  readonly unhandled = (line: string): void => {
    this.#unhandled.push(line)
  }

  /** How many of a challenge's pages are still open. */
  stillOpen(pages: readonly number[]): number {
    return pages.filter((page) => this.#pages.get(page)?.closedAt === undefined).length
  }

  /** Challenges that did not end too long ago. */
  stillReadable(): string[] {
    const since = machineTime() - READABLE_MS
    return [...this.#challenges.values()]
      .filter(({ acknowledged, readings }) => !isLongOver([...acknowledged, ...readings], since))
      .map(({ challenge }) => challenge)
  }

  recording(): Recording {
    return {
      challenges: this.#challenges,
      pages: [...this.#pages.values()],
      outages: this.#outages.toSorted((a, b) => a.began - b.began),
      failovers: this.#failovers,
      hubEnds: this.#hubEnds,
      unhandled: this.#unhandled,
      endedAt: machineTime(),
    }
  }

  #challenge(challenge: string): OpenChallenge {
    const known = this.#challenges.get(challenge) ?? { challenge, acknowledged: [], readings: [] }
    this.#challenges.set(challenge, known)
    return known
  }
}

function toChange(view: ChallengeView): Change {
  const { version, statusVersion, challengeStatus: status, isChallengeComplete: complete } = view
  const at = machineTime()
  const movesStatus = version === statusVersion
  // A time-out is due when the challenge expires, whenever somebody got round to committing it.
  const dueAt = status === 'timed_out' ? view.expiresDate : view.statusUpdatedDate
  const committedAt = movesStatus ? Math.min(at, toMachineTime(dueAt)) : at
  return { at, version, status, complete, movesStatus, committedAt }
}

function isLongOver(known: readonly (Change | Missing)[], since: number): boolean {
  return known.some((one) => 'complete' in one && one.complete && one.committedAt < since)
}

function toPlain({ at, version, status, complete }: Sighting): Sighting {
  return { at, version, status, complete }
}
