import type { Seen } from './watched-document.ts'

/** So many are remembered, the newest. */
const MOST = 4_096

/**
 * What this instance has committed lately, or was told of when another was quicker. Whoever watches or changes such a
 * document next (a page comes a moment after its challenge was created) need not open it again: whether it is still the
 * newest, the store is asked in any case.
 */
export class RecentCommits {
  readonly #seen = new Map<string, Seen>()
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

  /** Keeps the newest of a document. */
  remember(name: string, seen: Seen): void {
    // Deleted first, so that the oldest comes first in the order of the map.
    this.#seen.delete(name)
    this.#seen.set(name, seen)
    if (this.#seen.size <= MOST) return
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest)
      break
    }
  }

  find(name: string): Seen | undefined {
    return this.#seen.get(name)
  }

  /** Somebody else has committed. */
  forget(name: string): void {
    this.#seen.delete(name)
  }

  /** A commit of our own whose answer is still to come. */
  underWay(commitId: string): Seen | undefined {
    return this.#underWay.get(commitId)
  }
}
