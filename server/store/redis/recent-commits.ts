import type { Seen } from './watched-document.ts'

/** So many are remembered, the newest. */
const MOST = 4_096

interface Remembered {
  readonly seen: Seen
  /** Whether another instance has once been quicker: it may be again. */
  readonly isContested: boolean
  /** Whether it is worth building on unasked. */
  readonly isPromising: boolean
}

/**
 * What this instance has committed lately, or was told of when another was quicker. Whoever watches or changes such a
 * document next (a page comes a moment after its challenge was created) need not open it again: whether it is still the
 * newest, the store is asked in any case. Before what others commit to as well is built on, it is asked first: a reading
 * costs less than a commit that is refused.
 */
export class RecentCommits {
  readonly #remembered = new Map<string, Remembered>()
  /** Those whose answer is still to come, by the commit's id. */
  readonly #underWay = new Map<string, Seen>()

  /** Knows a commit by its id for as long as it is under way: news of it may come before its answer. */
  async during<Result>(seen: Seen, commit: () => Promise<Result>): Promise<Result> {
    this.#underWay.set(seen.commitId, seen)
    try {
      return await commit()
    } finally {
      this.#underWay.delete(seen.commitId)
    }
  }

  /** A commit of our own. */
  remember(name: string, seen: Seen): void {
    const isContested = this.#remembered.get(name)?.isContested ?? false
    this.#keep(name, { seen, isContested, isPromising: !isContested })
  }

  /** Another was quicker, by this commit. */
  overtaken(name: string, seen: Seen): void {
    this.#keep(name, { seen, isContested: true, isPromising: true })
  }

  /** What was read of it: kept where the next reading is likely to find the same. */
  read(name: string, seen: Seen): void {
    if (this.#remembered.get(name)?.isContested) this.#keep(name, { seen, isContested: true, isPromising: false })
  }

  find(name: string): Seen | undefined {
    return this.#remembered.get(name)?.seen
  }

  /** Only what is likely to be the newest still. */
  findPromising(name: string): Seen | undefined {
    const remembered = this.#remembered.get(name)
    return remembered?.isPromising ? remembered.seen : undefined
  }

  /** Somebody else has committed. */
  forget(name: string): void {
    this.#remembered.delete(name)
  }

  /** A commit of our own whose answer is still to come. */
  underWay(commitId: string): Seen | undefined {
    return this.#underWay.get(commitId)
  }

  #keep(name: string, remembered: Remembered): void {
    // Deleted first, so that the oldest comes first in the order of the map.
    this.#remembered.delete(name)
    this.#remembered.set(name, remembered)
    if (this.#remembered.size <= MOST) return
    for (const oldest of this.#remembered.keys()) {
      this.#remembered.delete(oldest)
      break
    }
  }
}
