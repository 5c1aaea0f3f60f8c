import type { Life } from './plan-life.ts'

/** Near the most a challenge may hold, so that a single message about it overflows a small buffer. */
const MANY_CLAIMS = 40

/** A challenge that says much and often: full of claims, changed twice a second. */
export function planLoudLife(number: number, lifeMs: number, holders: number): Life {
  const page = { until: 'complete', opensAfterMs: 0, leavesAfterMs: undefined } as const
  return {
    number,
    user: undefined,
    numberMatching: false,
    timeout: 600,
    pages: [
      { ...page, kind: 'sdk', holder: number % holders },
      { ...page, kind: 'bare', holder: (number + 1) % holders },
    ],
    // Each differs from the one before: what changes nothing is told to nobody.
    steps: Array.from({ length: Math.floor(lifeMs / 500) }, (_, at) => ({
      afterMs: at * 500,
      claims: MANY_CLAIMS + (at % 2),
    })),
    endsAfterMs: lifeMs,
    ending: [{ by: 'backend', word: 'approved', delayMs: 0 }],
  }
}
