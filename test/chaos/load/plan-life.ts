import type { PageKind } from '../tracker/recording.ts'
import { Chance } from './chance.ts'

/** How long challenges live, from creation to their end. Milliseconds. */
export interface Pace {
  readonly shortestLife: number
  readonly longestLife: number
  readonly users: number
  readonly holders: number
}

/** All that will be done to one challenge, and who will look on. */
export interface Life {
  readonly number: number
  /** Who is asked; undefined: backends decide alone. */
  readonly user: string | undefined
  readonly numberMatching: boolean
  /** Seconds. */
  readonly timeout: number
  readonly pages: readonly PagePlan[]
  readonly steps: readonly Step[]
  /** How it ends, and when: several acts race. None: it times out. */
  readonly endsAfterMs: number
  readonly ending: readonly Ending[]
}

export interface PagePlan {
  readonly kind: PageKind
  readonly until: 'changed' | 'complete'
  readonly holder: number
  /** After the creation; some come after the end. Milliseconds. */
  readonly opensAfterMs: number
  /** The person loses patience. Milliseconds after the creation. */
  readonly leavesAfterMs: number | undefined
}

export type Step =
  | { readonly afterMs: number; readonly word: string }
  | { readonly afterMs: number; readonly claims: number }

export const DEVICES = ['phone', 'tablet'] as const
export type Device = (typeof DEVICES)[number]

export type Ending =
  | { readonly by: Device; readonly decision: 'approve' | 'deny'; readonly delayMs: number }
  | { readonly by: 'backend'; readonly word: string; readonly delayMs: number }

const INTERIM_WORDS = ['phone-found', 'code-shown', 'looking', 'almost']
/** Two who act within this are in a race. Milliseconds. */
const RACE_MS = 30

/** Decides everything about the n-th challenge of a run: the same for the same seed, whatever the others do. */
export function planLife(seed: number, number: number, pace: Pace): Life {
  const chance = new Chance(seed * 1_000_003 + number)
  const endsAfterMs = Math.round(chance.between(pace.shortestLife, pace.longestLife))
  const kind = chance.weighted({ approver: 3, devices: 2, withdrawn: 1, backend: 2, backends: 1, expiry: 1 })
  const asksUser = kind === 'approver' || kind === 'devices' || kind === 'withdrawn'
  return {
    number,
    user: asksUser ? `user-${chance.below(pace.users)}` : undefined,
    numberMatching: asksUser && chance.happens(0.3),
    // Whoever times out does so to the second; the others have time enough.
    timeout: kind === 'expiry' ? Math.ceil(endsAfterMs / 1_000) : 600,
    pages: Array.from({ length: chance.happens(0.4) ? 2 : 1 + chance.below(2) }, () =>
      planPage(chance, endsAfterMs, pace),
    ),
    steps: Array.from({ length: chance.below(4) }, () => planStep(chance, endsAfterMs)).sort(
      (a, b) => a.afterMs - b.afterMs,
    ),
    endsAfterMs: kind === 'expiry' ? Math.ceil(endsAfterMs / 1_000) * 1_000 : endsAfterMs,
    ending: planEnding(chance, kind),
  }
}

function planPage(chance: Chance, lifeMs: number, { holders }: Pace): PagePlan {
  const isLate = chance.happens(0.05)
  const opensAfterMs = isLate
    ? lifeMs + chance.between(0, 1_000)
    : chance.happens(0.7)
      ? 0
      : chance.between(0, lifeMs / 2)
  return {
    kind: chance.weighted({ sdk: 6, bare: 3, poll: 1 }),
    until: chance.happens(0.7) ? 'complete' : 'changed',
    holder: chance.below(holders),
    opensAfterMs: Math.round(opensAfterMs),
    leavesAfterMs: !isLate && chance.happens(0.1) ? Math.round(chance.between(opensAfterMs, lifeMs)) : undefined,
  }
}

function planStep(chance: Chance, lifeMs: number): Step {
  const afterMs = Math.round(chance.between(0, lifeMs))
  if (chance.happens(0.3)) return { afterMs, claims: 1 + chance.below(3) }
  return { afterMs, word: INTERIM_WORDS[chance.below(INTERIM_WORDS.length)] as string }
}

function planEnding(chance: Chance, kind: string): Ending[] {
  const decision = () => (chance.happens(0.7) ? 'approve' : 'deny')
  const delayMs = () => Math.round(chance.between(0, RACE_MS))
  switch (kind) {
    case 'approver':
      return [{ by: 'phone', decision: decision(), delayMs: 0 }]
    case 'devices':
      return DEVICES.map((by) => ({ by, decision: decision(), delayMs: delayMs() }))
    case 'withdrawn':
      return [
        { by: 'phone', decision: decision(), delayMs: delayMs() },
        { by: 'backend', word: 'cancelled', delayMs: delayMs() },
      ]
    case 'backend':
      return [{ by: 'backend', word: 'approved', delayMs: 0 }]
    case 'backends':
      return ['approved', 'denied'].map((word) => ({ by: 'backend', word, delayMs: delayMs() }))
    default:
      return []
  }
}
