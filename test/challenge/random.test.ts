import { describe, expect, it } from 'vitest'
import { systemRandom } from '../../server/challenge/context.ts'

const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make)

describe('chance', () => {
  it('makes ids of 32 bytes, each another', () => {
    const ids = times(10_000, systemRandom.id)
    expect(new Set(ids).size).toBe(10_000)
    for (const id of ids) expect(id).toMatch(/^[\w-]{43}$/)
  })

  it('uses all of an id', () => {
    const bytes = times(2_000, () => Buffer.from(systemRandom.id(), 'base64url'))
    expect(bytes.every((id) => id.length === 32)).toBe(true)
    for (let at = 0; at < 32; at++) {
      // 2000 draws give all 256 values but a tenth of one; half as many come never.
      expect(new Set(bytes.map((id) => id[at])).size).toBeGreaterThan(240)
    }
  })

  it('draws from all numbers of two digits, with their leading zeros, and evenly', () => {
    const drawn = new Map<string, number>()
    for (const number of times(20_000, () => systemRandom.digits(2))) drawn.set(number, (drawn.get(number) ?? 0) + 1)
    const all = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'))
    expect([...drawn.keys()].sort()).toEqual(all)
    // 200 each, give or take 14: 100 away is seven times that.
    for (const count of drawn.values()) expect(Math.abs(count - 200)).toBeLessThan(100)
  })

  it('draws six digits out of all', () => {
    const drawn = times(5_000, () => systemRandom.digits(6))
    for (const number of drawn) expect(number).toMatch(/^\d{6}$/)
    expect(new Set(drawn).size).toBeGreaterThan(4_900)
    for (const first of '0123456789') expect(drawn.some((number) => number.startsWith(first))).toBe(true)
  })
})
