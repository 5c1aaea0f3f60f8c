import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Appointments } from '../../server/limits/appointments.ts'
import { KeyRate } from '../../server/limits/key-rate.ts'
import { OpenCounts } from '../../server/limits/open-counts.ts'
import { Refusals } from '../../server/limits/refusals.ts'
import { SlidingRate } from '../../server/limits/sliding-rate.ts'

describe('a rate of the whole instance', () => {
  it('lets no more through within any second, whenever they come and whatever is given back', () => {
    const gaps = fc.array(fc.tuple(fc.double({ min: 0, max: 400, noNaN: true }), fc.boolean()), { maxLength: 300 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), gaps, (limit, steps) => {
        let now = 12_345.678
        const rate = new SlidingRate(limit, () => now)
        const kept: number[] = []
        for (const [gap, isGivenBack] of steps) {
          now += gap
          const taken = rate.take()
          if (taken === undefined) continue
          if (isGivenBack) rate.giveBack(taken)
          else kept.push(now)
        }
        for (const begin of kept) {
          const within = kept.filter((at) => at >= begin && at < begin + 1_000).length
          expect(within).toBeLessThanOrEqual(limit)
        }
        expect(rate.total).toBe(kept.length)
        expect(rate.most).toBeLessThanOrEqual(limit)
      }),
    )
  })

  it('lets them through again when the second is over, and always as many', () => {
    let now = 0
    const rate = new SlidingRate(10, () => now)
    const burst = () => Array.from({ length: 30 }, () => rate.take()).filter((taken) => taken !== undefined).length
    const seen = []
    for (; now < 4_000; now += 100) seen.push(burst())
    expect(seen.filter((count) => count > 0)).toEqual([10, 10, 10, 10])
  })

  it('counts without a limit, too', () => {
    const rate = new SlidingRate(0, () => 0)
    for (let count = 0; count < 5_000; count++) rate.take()
    expect([rate.total, rate.most]).toEqual([5_000, 5_000])
  })
})

describe('a rate of each caller', () => {
  it('is each caller’s own, and begins anew every second', () => {
    let now = 0
    const rate = new KeyRate(2, () => now)
    expect(['a', 'a', 'b', 'a', 'b', 'b'].map((key) => rate.take(key))).toEqual([true, true, true, false, true, false])
    now = 1_000
    expect(rate.take('a')).toBe(true)
    expect(rate.size).toBe(1)
  })

  it('remembers only so many callers; all others share one count', () => {
    const rate = new KeyRate(3, () => 0, 1_000)
    const taken = Array.from({ length: 50_000 }, (_, at) => rate.take(`caller ${at}`)).filter(Boolean).length
    expect(taken).toBe(1_003)
    expect(rate.size).toBe(1_001)
    expect(rate.take('caller 0')).toBe(true)
  })

  it('is off at 0, and remembers nobody then', () => {
    const rate = new KeyRate(0)
    expect(Array.from({ length: 1_000 }, () => rate.take('a')).every(Boolean)).toBe(true)
    expect(rate.size).toBe(0)
  })
})

it('what is open is counted for each caller, and nobody who holds nothing is remembered', () => {
  const open = new OpenCounts(2)
  expect(['a', 'a', 'a', 'b'].map((key) => open.take(key))).toEqual([true, true, false, true])
  open.release('a')
  expect(open.take('a')).toBe(true)
  for (const key of ['a', 'a', 'b']) open.release(key)
  expect(open.size).toBe(0)
})

describe('those who are sent away', () => {
  it('are asked back one after the other, at four fifths of the rate', () => {
    const appointments = new Appointments(
      100,
      () => 0,
      () => 0,
    )
    const times = Array.from({ length: 700 }, () => appointments.next())
    expect(times[0]).toBeCloseTo(1.013, 2)
    expect(times[699]).toBeCloseTo(1 + 700 / 80, 2)
    for (let from = 1; from < 9; from++) {
      expect(times.filter((at) => at >= from && at < from + 1).length).toBeLessThanOrEqual(81)
    }
  })

  it('are spread between 5 and 10 s when they are too many for that', () => {
    const appointments = new Appointments(100, () => 0)
    const times = Array.from({ length: 3_000 }, () => appointments.next()).slice(800)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(5)
    expect(Math.max(...times)).toBeLessThanOrEqual(10.1)
    expect(times.filter((at) => at < 7.5).length).toBeGreaterThan(times.length / 3)
  })

  it('are counted, with one line for all of a minute', () => {
    const lines: object[] = []
    const refusals = new Refusals({ warn: (what) => void lines.push(what) })
    for (let count = 0; count < 50; count++) refusals.tooMany('pollsPerToken', 'Too many.', 1)
    refusals.count('bufferedBytes')
    expect(lines).toEqual([
      { limit: 'LIMIT_POLLS_PER_TOKEN', times: 1 },
      { limit: 'LIMIT_BUFFERED_BYTES', times: 1 },
    ])
    expect(refusals.counts).toEqual({ LIMIT_POLLS_PER_TOKEN: 50, LIMIT_BUFFERED_BYTES: 1 })
  })
})
