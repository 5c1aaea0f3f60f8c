import type { ChallengeView } from '../server/protocol/challenge.ts'

/** What ends a wait: another status word, or completion. */
export type Until = 'changed' | 'complete'

export interface StatusTrack {
  /** Whether `view` is what was waited for, newer than all before it, or nothing new. */
  take(view: ChallengeView): 'outcome' | 'news' | 'old'
  /** The `statusVersion` last seen, or the one the wait began with. */
  since(): number
}

/** Follows one challenge that is told by several roads at once. Versions make duplicates and late news harmless. */
export function trackStatus(since: number, until: Until): StatusTrack {
  let seen: ChallengeView | undefined
  let over = false
  return {
    take(view) {
      if (over || !(view.version > (seen?.version ?? 0))) return 'old'
      seen = view
      over = view.isChallengeComplete || (until === 'changed' && view.statusVersion > since)
      return over ? 'outcome' : 'news'
    },
    since: () => seen?.statusVersion ?? since,
  }
}
