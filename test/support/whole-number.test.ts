import { describe, expect, it } from 'vitest'
import { wholeNumber } from './whole-number.ts'

describe('an option that counts something', () => {
  it.each(['1', '100000'])('is %s', (typed) => {
    expect(wholeNumber('pages', typed)).toBe(Number(typed))
  })

  it('may be none where that means something', () => {
    expect(wholeNumber('mixed', '0', 0)).toBe(0)
  })

  it.each(['', ' ', 'many', '0', '-1', '1.5', 'NaN', 'Infinity', '1e99'])(
    'is never "%s": a run of none ends well',
    (typed) => {
      expect(() => wholeNumber('pages', typed)).toThrow(`--pages must be a whole number, at least 1, not "${typed}"`)
    },
  )
})
