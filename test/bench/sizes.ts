import type { WatchedSizes } from './workloads/watched-documents.ts'

export interface Sizes {
  readonly rounds: number
  readonly warmUp: number
  /** The two crowds between which memory is a slope. */
  readonly few: number
  readonly many: number
  /** So many of them stay for the workloads that follow. */
  readonly pages: number
  readonly steady: { readonly perSecond: number; readonly seconds: number }
  readonly pushes: number
  readonly lifecycles: number
  readonly watched: WatchedSizes
  /** An idle page is watched for so much of the time its contender asks for. */
  readonly idleShare: number
  /** The hub gives up subscriptions a second after the last page has left. */
  readonly cleanUpMs: number
}

const FULL: Sizes = {
  rounds: 5,
  warmUp: 4_000,
  few: 1_000,
  many: 5_000,
  pages: 5_000,
  // Long enough that one pause of a collector is less than a hundredth of it.
  steady: { perSecond: 500, seconds: 8 },
  pushes: 6_000,
  lifecycles: 4_096,
  watched: { counts: [1_000, 10_000, 50_000], updates: 3_000, atOnce: 64 },
  idleShare: 1,
  cleanUpMs: 2_000,
}

/** `--quick`: does everything still run? Its figures are too small to be quoted. */
const QUICK: Sizes = {
  rounds: 1,
  warmUp: 64,
  few: 100,
  many: 300,
  pages: 200,
  steady: { perSecond: 200, seconds: 1 },
  pushes: 400,
  lifecycles: 128,
  watched: { counts: [100, 200, 400], updates: 200, atOnce: 64 },
  idleShare: 0.1,
  cleanUpMs: 200,
}

/** `--big`: as many pages as one process may have files open, on either side. */
const BIG = { few: 5_000, many: 18_000 }

export function toSizes({ quick, big, rounds }: { quick: boolean; big: boolean; rounds?: number | undefined }): Sizes {
  const sizes = quick ? QUICK : FULL
  return { ...sizes, ...(big && !quick && BIG), ...(rounds !== undefined && { rounds }) }
}
