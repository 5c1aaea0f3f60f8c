import { setTimeout as sleep } from 'node:timers/promises'
import { type News, type Store, StoreUnavailable, type Watch } from '../../server/store/store.ts'
import { seededRandom } from '../support/random.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId } from './note.ts'
import { Sight } from './sight.ts'

export interface RaceOptions {
  /** Watches; its subscriber link may be slow. */
  readonly watcher: Store
  /** Commits. */
  readonly committer: Store
  readonly rounds: number
  readonly inFlight?: number
  readonly seed?: number
}

export interface RaceResult {
  readonly rounds: number
  /** Watchers that did not learn of the second version. */
  readonly lost: number
  /** Watchers that saw versions other than strictly rising. */
  readonly reordered: number
  /** Rounds begun anew because the machine was too busy for the store's patience: nothing can be said about them. */
  readonly repeated: number
  /** From the beginning of the commit to the moment the watcher knows, sorted. Milliseconds. */
  readonly latencies: readonly number[]
  readonly seconds: number
}

/** After this it is asked whether the news is late or lost: soon enough that the sweep hides no loss. Milliseconds. */
const SUSPECT_AFTER = 300
/** The two sides begin up to this far apart, either first. Milliseconds. */
const JITTER = 3

/** "Watch while another instance commits", again and again, many at a time. */
export async function raceWatchAgainstCommit(options: RaceOptions): Promise<RaceResult> {
  const { rounds, inFlight = 64, seed = 1 } = options
  const random = seededRandom(seed)
  const latencies: number[] = []
  let lost = 0
  let reordered = 0
  let repeated = 0
  let begun = 0
  const lane = async () => {
    while (begun < rounds) {
      begun += 1
      const round = await oneRound(options, (random() * 2 - 1) * JITTER)
      if (round === 'unavailable') {
        begun -= 1
        repeated += 1
        if (repeated > rounds) throw new Error('the store is unavailable more often than not')
        continue
      }
      if (round.latency === undefined) lost += 1
      else latencies.push(round.latency)
      if (!round.isRising) reordered += 1
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: inFlight }, lane))
  const seconds = (performance.now() - began) / 1_000
  return { rounds, lost, reordered, repeated, latencies: latencies.sort((a, b) => a - b), seconds }
}

interface Round {
  /** Absent: the second version was never seen. */
  readonly latency: number | undefined
  readonly isRising: boolean
}

async function oneRound(options: RaceOptions, head: number): Promise<Round | 'unavailable'> {
  const watches: Watch<Note>[] = []
  try {
    return await watchAgainstCommit(options, head, watches)
  } catch (error) {
    if (error instanceof StoreUnavailable) return 'unavailable'
    throw error
  } finally {
    for (const watch of watches) watch.close()
  }
}

/** @param head by how much the commit begins before the watch; negative: after it. Milliseconds. */
async function watchAgainstCommit(
  { watcher, committer }: RaceOptions,
  head: number,
  watches: Watch<Note>[],
): Promise<Round> {
  const id = someId()
  await commitOrThrow(committer, id, 1)

  let knownAt: number | undefined
  const sight = new Sight((version) => {
    if (version === 2) knownAt ??= performance.now()
  })
  const watching = async () => {
    if (head > 0) await pause(head)
    watches.push(await sight.begin(watcher, id))
  }
  const committing = async () => {
    if (head < 0) await pause(-head)
    const beganAt = performance.now()
    await commitOrThrow(committer, id, 2)
    return beganAt
  }
  const [, beganAt] = await both(watching(), committing())

  if (knownAt === undefined) {
    const late = sight.news.until(isVersion(2), { within: SUSPECT_AFTER })
    await late.catch(() => hearSomethingLater(watcher, committer, watches))
  }
  return { latency: knownAt === undefined ? undefined : knownAt - beganAt, isRising: sight.isRising }
}

/**
 * Resolves when the watcher has heard of another document committed from now on. All news comes down one connection, in
 * order: what has not been heard by then is not late, it is lost. Tries again at short intervals, because a store that
 * loses news may lose this too, and the sweep must not be what ends the waiting.
 */
async function hearSomethingLater(watcher: Store, committer: Store, watches: Watch<Note>[]): Promise<void> {
  const id = someId()
  const heard = new Recorder<News<Note>>()
  watches.push(await watcher.watch(notes, id, heard.listen))
  for (let version = 1; heard.heard.length === 0; version++) {
    if (version > 200) throw new Error('nothing is heard any more')
    await commitOrThrow(committer, id, version)
    await heard.until(() => true, { within: 100 }).catch(() => undefined)
  }
}

/** Both, also when one fails: nothing is left running behind. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b])
  return Promise.all([a, b])
}

/** Whole milliseconds by timer; the fractions are left to how the two sides' turns interleave. */
function pause(ms: number): Promise<void> {
  return ms < 1 ? new Promise((resolve) => setImmediate(resolve)) : sleep(ms)
}

async function commitOrThrow(store: Store, id: string, version: number): Promise<void> {
  const result = await store.commit(notes, id, note(version))
  if (result !== 'committed') throw new Error(`version ${version} was not committed: ${result}`)
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
