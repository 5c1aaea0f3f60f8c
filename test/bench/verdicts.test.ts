import { describe, expect, it } from 'vitest'
import { Results, type Round } from './results.ts'
import { hasMissed, judge, toVerdictTable } from './verdicts.ts'

const verdictsOn = (...rounds: Round[]) => judge(new Results(rounds))

describe('verdicts', () => {
  it("take the median of the rounds' ratios, not the ratio of the medians", () => {
    const round = (hub: number, naive: number): Round => ({
      hub: { cpuPerLifecycle: hub },
      naive: { cpuPerLifecycle: naive },
    })
    const [verdict] = verdictsOn(round(700, 1_000), round(400, 1_000), round(1_400, 2_000))
    expect(verdict).toMatchObject({ values: [0.7, 0.4, 0.7], must: 0.8, word: 'reached' })
  })

  it('tell what only missed the aim from what missed', () => {
    const at = (cpuPerPush: number) => verdictsOn({ hub: { cpuPerPush }, naive: { cpuPerPush: 100 } })[0]?.word
    expect([at(30), at(31), at(50), at(51)]).toEqual(['aim reached', 'reached', 'reached', 'missed'])
  })

  it('only look at what has no must', () => {
    const verdicts = verdictsOn({ hub: { cpuPerLifecycle: 900 }, floor: { cpuPerLifecycle: 100 } })
    expect(verdicts).toMatchObject([{ word: 'aim not reached' }])
    expect(hasMissed(verdicts)).toBe(false)
  })

  it('miss a figure that could not be measured', () => {
    const verdicts = verdictsOn({ hub: { pushLatencyP99: Number.NaN }, naive: { pushLatencyP99: 5 } })
    expect(verdicts).toMatchObject([{ word: 'missed' }])
  })

  it('miss one page lost, or one told twice, in any round', () => {
    const clean: Round = { hub: { connectionsLost: 0, lifecyclesLost: 0, toldTwice: 0 } }
    expect(hasMissed(verdictsOn(clean, clean))).toBe(false)
    expect(hasMissed(verdictsOn(clean, { hub: { ...clean.hub, lifecyclesLost: 1 } }))).toBe(true)
    expect(hasMissed(verdictsOn({ hub: { ...clean.hub, toldTwice: 1 } }, clean))).toBe(true)
  })

  it('stand beside those on an earlier run', () => {
    const run = (hub: number): Round => ({ hub: { cpuPerPush: hub }, naive: { cpuPerPush: 100 } })
    const table = toVerdictTable(verdictsOn(run(20)), verdictsOn(run(80)))
    expect(table).toMatch(/measured +rounds +before +must/)
    expect(table).toMatch(/0\.20 +0\.80 +≤ 0\.50 +≤ 0\.30 +aim reached/)
  })

  it('say nothing of those who did not take part', () => {
    expect(verdictsOn({ naive: { cpuPerLifecycle: 1_000, toldTwice: 3 } })).toEqual([])
  })

  it('count what a second turn in the same round told twice with what the first did', () => {
    const results = new Results()
    results.add(0, 'hub', { cpuPerLifecycle: 1, toldTwice: 1 })
    results.add(0, 'hub', { cpuPerPushFewWatched: 1, toldTwice: 0 })
    expect(results.rounds).toEqual([{ hub: { cpuPerLifecycle: 1, cpuPerPushFewWatched: 1, toldTwice: 1 } }])
  })
})
