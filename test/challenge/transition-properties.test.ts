import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Action } from '../../server/challenge/action.ts'
import type { Challenge } from '../../server/challenge/challenge.ts'
import { transition } from '../../server/challenge/transition.ts'
import { toApprovalView, toBackendView, toPageView } from '../../server/challenge/views.ts'
import { expected, LIFE, OPENED, sample } from './samples.ts'

const RUNS = 500
/** Six digits that no date of a sample has in it. */
const NUMBER = '987789'

const word = fc.constantFrom('started', 'scanned', 'approved', 'denied', 'timed_out')
const claims = fc.uniqueArray(fc.record({ name: fc.constantFrom('a', 'b'), value: fc.constantFrom('1', '2') }), {
  selector: (claim) => claim.name,
})
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    type: fc.constant('update' as const),
    change: fc.record({
      status: maybe(word),
      complete: maybe(
        fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      ),
      updatedByFlowId: maybe(fc.constantFrom('f', 'g')),
      claims: maybe(claims),
    }),
  }),
  fc.record({
    type: fc.constant('decide' as const),
    decision: fc.constantFrom('approve' as const, 'deny' as const),
    by: fc.record({ user: fc.constantFrom('ada', 'eve'), device: fc.constantFrom('phone', 'tablet') }),
    number: maybe(fc.constantFrom(NUMBER, '000000', '1')),
    reason: maybe(fc.constantFrom('mine', 'not mine')),
  }),
  fc.constant({ type: 'expire' as const }),
)
const step = fc.record({ action, after: fc.constantFrom(0, 1, 1_000, LIFE / 4) })
const opened: fc.Arbitrary<Challenge> = fc
  .record({ asked: fc.constantFrom('ada', undefined), matching: fc.boolean(), status: word })
  .map(({ asked, matching, status }) => sample({ approver: asked, status, ...(matching && expected(NUMBER)) }))

/** Every step on the way, with the time it was taken at. */
function walk(first: Challenge, steps: readonly { action: Action; after: number }[]) {
  let now = OPENED
  let challenge = first
  return steps.map(({ action, after }) => {
    now += after
    const before = challenge
    const told = transition(before, action, now)
    challenge = told.challenge
    return { before, after: challenge, refusal: told.refusal, action, now }
  })
}

function always(holds: (taken: ReturnType<typeof walk>[number]) => void): void {
  fc.assert(
    fc.property(opened, fc.array(step, { minLength: 1, maxLength: 12 }), (first, steps) => {
      for (const taken of walk(first, steps)) holds(taken)
    }),
    { numRuns: RUNS },
  )
}

describe('whatever is done to a challenge, in whatever order', () => {
  it('counts up by one, or stays the same object', () => {
    always(({ before, after }) => {
      if (after !== before) expect(after.version).toBe(before.version + 1)
    })
  })

  it('is complete once, and for good', () => {
    fc.assert(
      fc.property(opened, fc.array(step, { minLength: 1, maxLength: 12 }), (first, steps) => {
        const path = [first, ...walk(first, steps).map((taken) => taken.after)]
        const ends = new Set(path.filter((challenge) => challenge.complete))
        expect(ends.size).toBeLessThanOrEqual(1)
        if (ends.size === 1) expect(path.at(-1)).toBe([...ends][0])
      }),
      { numRuns: RUNS },
    )
  })

  it('moves the version and the date of the status with the word, and never otherwise', () => {
    always(({ before, after, now }) => {
      const moved = after.status !== before.status
      expect(after.statusVersion).toBe(moved ? after.version : before.statusVersion)
      expect(after.statusUpdatedAt).toBe(moved ? now : before.statusUpdatedAt)
      expect(after.statusVersion).toBeLessThanOrEqual(after.version)
    })
  })

  it('is never touched after its deadline but to time out', () => {
    always(({ before, after, now }) => {
      if (now < before.expiresAt || after === before) return
      expect(after).toMatchObject({ status: 'timed_out', complete: true })
    })
  })

  it('is decided by nobody but whom it asks', () => {
    always(({ before, after, action, refusal }) => {
      if (action.type !== 'decide' || action.by.user === before.approver) return
      expect(after).toBe(before)
      expect(refusal).toEqual({ code: 'challenge_not_found' })
    })
  })

  it('is approved by a person only with the number it shows', () => {
    always(({ before, after, action }) => {
      if (action.type !== 'decide' || !before.numberMatching || before.complete || !after.complete) return
      if (after.status === 'approved') expect(action.number).toBe(NUMBER)
    })
  })

  it('keeps its deadline, and is kept for 300 s after its end or its deadline', () => {
    always(({ before, after, now }) => {
      expect(after.expiresAt).toBe(before.expiresAt)
      expect(after.createdAt).toBe(before.createdAt)
      if (after !== before) expect(after.purgeAt).toBe((after.complete ? now : after.expiresAt) + 300_000)
    })
  })

  it('shows its number to the page and to nobody else', () => {
    always(({ after, now }) => {
      const others = JSON.stringify([toBackendView(after), toApprovalView(after, now)])
      expect(others).not.toContain(NUMBER)
      expect(others).not.toMatch(/attempt|"number"/)
      expect(toPageView(after, now).number).toBe(after.numberMatching?.number)
    })
  })
})
