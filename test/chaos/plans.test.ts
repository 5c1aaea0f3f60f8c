import { describe, expect, it } from 'vitest'
import { ALL_FAULTS, SHORT_FAULTS } from './faults/all-faults.ts'
import { planLife } from './load/plan-life.ts'
import { planRounds } from './plan-rounds.ts'

const PACE = { shortestLife: 3_000, longestLife: 12_000, users: 20, holders: 4 }
const lives = Array.from({ length: 1_000 }, (_, number) => planLife(1, number, PACE))

describe('the same seed', () => {
  it('decides the same about every challenge, and another seed otherwise', () => {
    expect(lives).toEqual(lives.map(({ number }) => planLife(1, number, PACE)))
    expect(lives).not.toEqual(lives.map(({ number }) => planLife(2, number, PACE)))
  })

  it('strikes in the same order, at the same moments and the same victims', () => {
    const rounds = planRounds(5, 'standalone', ALL_FAULTS, 4)
    expect(rounds).toEqual(planRounds(5, 'standalone', ALL_FAULTS, 4))
    expect(rounds).not.toEqual(planRounds(6, 'standalone', ALL_FAULTS, 4))
  })
})

describe('lives', () => {
  it('are of every kind', () => {
    const pages = lives.flatMap((life) => life.pages)
    expect(new Set(pages.map(({ kind }) => kind))).toEqual(new Set(['sdk', 'bare', 'poll']))
    expect(new Set(pages.map(({ holder }) => holder))).toEqual(new Set([0, 1, 2, 3]))
    const late = lives.filter(({ pages, endsAfterMs }) => pages.some(({ opensAfterMs }) => opensAfterMs > endsAfterMs))
    const impatient = pages.filter(({ leavesAfterMs }) => leavesAfterMs !== undefined)
    const races = lives.filter(({ ending }) => ending.length > 1)
    const expiring = lives.filter(({ ending }) => ending.length === 0)
    for (const some of [late, impatient, races, expiring]) expect(some.length).toBeGreaterThan(20)
  })

  it('end within the pace, and time out only where nobody ends them', () => {
    for (const { endsAfterMs, timeout, ending } of lives) {
      expect(endsAfterMs).toBeGreaterThanOrEqual(PACE.shortestLife)
      expect(endsAfterMs).toBeLessThanOrEqual(PACE.longestLife)
      if (ending.length > 0) expect(timeout * 1_000).toBeGreaterThan(10 * PACE.longestLife)
      else expect(timeout * 1_000).toBe(endsAfterMs)
    }
  })
})

describe('rounds', () => {
  it('begin with every fault alone that applies', () => {
    for (const kind of ['standalone', 'sentinel', 'cluster'] as const) {
      const wanted = ALL_FAULTS.filter(({ on }) => on.includes(kind)).map(({ name }) => name)
      const alone = planRounds(1, kind, ALL_FAULTS, 4).slice(0, wanted.length)
      expect(alone.map(({ name }) => name).toSorted()).toEqual(wanted.toSorted())
    }
  })

  it('mix only what touches different things, and nothing long', () => {
    const mixes = planRounds(1, 'standalone', ALL_FAULTS, 100).filter(({ strikes }) => strikes.length > 1)
    expect(mixes.length).toBeGreaterThan(90)
    for (const { strikes } of mixes) {
      const touched = strikes.map(({ fault }) => fault.touches)
      expect(new Set(touched).size).toBe(touched.length)
      expect(strikes.some(({ fault }) => fault.isLong)).toBe(false)
    }
  })

  it('know every fault of the short run', () => {
    expect(SHORT_FAULTS.filter((name) => !ALL_FAULTS.some((fault) => fault.name === name))).toEqual([])
    expect(new Set(ALL_FAULTS.map(({ name }) => name)).size).toBe(ALL_FAULTS.length)
  })
})
