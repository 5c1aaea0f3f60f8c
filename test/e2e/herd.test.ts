import { expect, it } from 'vitest'
import { runHerd } from '../herd/run-herd.ts'

/** The short form of `npm run herd`: as many a second as make the half of them come in vain at first. */
it('five hundred pages that lose their instance are all back within 20 s, and none is let in too quickly', async () => {
  const { isGood, ...herd } = await runHerd({ pages: 500, perSecond: 70, within: 20 })
  expect(herd).toMatchObject({ back: 500, heard: 25, busiestSecond: 70 })
  expect(herd.sentAway.overloaded).toBeGreaterThan(50)
  expect(Object.keys(herd.sentAway)).toEqual(['overloaded'])
  // The first try comes within 5 s, at random; and nobody can be back sooner than the limit allows.
  expect(herd.half).toBeGreaterThan(2)
  expect(herd.last).toBeGreaterThan(500 / 70 - 1)
  expect(herd.last).toBeLessThan(20)
  expect(isGood).toBe(true)
}, 45_000)
