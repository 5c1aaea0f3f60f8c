import type { ApprovalView } from '../server/protocol/challenge.ts'

export interface PendingList {
  readonly approvals: readonly ApprovalView[]
  /** Counts the changes. An answer asked for before a change must not overwrite it. */
  readonly revision: number
  /** Takes the whole list as the hub tells it. The first one is a change, even when it is empty. */
  replace(approvals: readonly ApprovalView[]): Difference
  add(approval: ApprovalView): Difference
  /** Takes one away; `decided` is the version it was decided at, so that an older list does not bring it back. */
  remove(challenge: string, decided?: number): Difference
}

export interface Difference {
  readonly changed: boolean
  readonly added: readonly ApprovalView[]
  readonly removed: readonly ApprovalView[]
}

/** What is asked of one approver, each challenge once, whichever road and however often it came. */
export function createPendingList(): PendingList {
  let known = new Map<string, ApprovalView>()
  const decided = new Map<string, number>()
  let isKnown = false
  let revision = 0

  const isOver = ({ challenge, version }: ApprovalView) => version < (decided.get(challenge) ?? 0)

  function become(next: Map<string, ApprovalView>, isFirst = false): Difference {
    const before = known
    const added = [...next.values()].filter(({ challenge }) => !before.has(challenge))
    const removed = [...before.values()].filter(({ challenge }) => !next.has(challenge))
    const updated = [...next.values()].some(({ challenge, version }) => before.get(challenge)?.version !== version)
    const changed = isFirst || updated || removed.length > 0
    known = next
    if (changed) revision++
    return { changed, added, removed }
  }

  return {
    get approvals() {
      return [...known.values()]
    },
    get revision() {
      return revision
    },
    replace(approvals) {
      const next = new Map(approvals.filter((one) => !isOver(one)).map((one) => [one.challenge, newer(one, known)]))
      // Once the hub's own list has forgotten it, so may we.
      const told = new Set(approvals.map(({ challenge }) => challenge))
      for (const challenge of decided.keys()) if (!told.has(challenge)) decided.delete(challenge)
      const isFirst = !isKnown
      isKnown = true
      return become(next, isFirst)
    },
    add: (one) => become(isOver(one) ? known : new Map([...known, [one.challenge, newer(one, known)]])),
    remove(challenge, version = 0) {
      if (version) decided.set(challenge, version)
      return become(new Map([...known].filter(([each]) => each !== challenge)))
    },
  }
}

function newer(one: ApprovalView, known: ReadonlyMap<string, ApprovalView>): ApprovalView {
  const before = known.get(one.challenge)
  return before && before.version > one.version ? before : one
}
