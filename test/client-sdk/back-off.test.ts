import { expect, it } from 'vitest'
import { AssentError } from '../../client-sdk/assent-error.ts'
import { createBackOff } from '../../client-sdk/back-off.ts'

const failure = new Error('down')
const overloaded = new AssentError({ code: 'overloaded', detail: 'later', retryAfter: 3 })

it('doubles its bound from 0.5 s up to 20 s', () => {
  const backOff = createBackOff(() => 1)
  const rests = Array.from({ length: 8 }, () => backOff.after(failure))
  expect(rests).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000])
})

it('jitters over the whole range, so that a crowd spreads out', () => {
  const backOff = createBackOff(() => 0)
  expect(backOff.after(failure)).toBe(0)
  const real = Array.from({ length: 200 }, () => createBackOff().after(failure))
  expect(Math.max(...real)).toBeLessThanOrEqual(500)
  expect(Math.max(...real) - Math.min(...real)).toBeGreaterThan(250)
})

it('spreads the first try after a break over 5 s', () => {
  expect([0, 0.5, 1].map((chance) => createBackOff(() => chance).afterBreak())).toEqual([0, 2500, 5000])
})

it('comes when an overloaded hub calls, however often it was sent away, and doubles for all others', () => {
  const backOff = createBackOff(() => 1)
  expect([1, 2, 3, 4].map(() => backOff.after(overloaded))).toEqual([3500, 3500, 3500, 3500])
  expect([1, 2].map(() => backOff.after(failure))).toEqual([500, 1000])
  const away = new AssentError({ code: 'store_unavailable', detail: 'later', retryAfter: 1 })
  expect([1, 2].map(() => backOff.after(away))).toEqual([3000, 5000])
})

it('begins again after a reset', () => {
  const backOff = createBackOff(() => 1)
  backOff.after(failure)
  backOff.after(failure)
  backOff.reset()
  expect(backOff.after(failure)).toBe(500)
})

it('never comes back before the hub asked it to, and says how much of that is left', () => {
  let now = 0
  const backOff = createBackOff(
    () => 0.5,
    () => now,
  )
  expect(backOff.owed()).toBe(0)
  expect(backOff.after(overloaded)).toBe(3250)
  now = 1000
  expect(backOff.owed()).toBe(2000)
  now = 9000
  expect(backOff.owed()).toBe(0)
})

it('owes nothing for a failure that came without such a wish', () => {
  const backOff = createBackOff()
  backOff.after(overloaded)
  backOff.after(failure)
  expect(backOff.owed()).toBe(0)
})
