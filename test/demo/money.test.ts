import { expect, it } from 'vitest'
import { centsOf, moneyOf } from '../../demo/money.ts'

it.each([
  ['25', 2_500],
  [' 25.5 ', 2_550],
  ['25,50', 2_550],
  ['0.01', 1],
  ['2,418.06', 241_806],
  ['1,234,567', 123_456_700],
])('%j is an amount', (typed, cents) => {
  expect(centsOf(typed)).toBe(cents)
})

it.each([
  '',
  '0',
  '0.00',
  '-5',
  '+5',
  '1.234',
  '1,23,4',
  '.5',
  '5.',
  '1e3',
  '0x10',
  'ten',
  '٢٥',
  '12345678',
  'Infinity',
])('%j is none', (typed) => {
  expect(centsOf(typed)).toBeUndefined()
})

it('is written as the bank writes it, and read back', () => {
  expect([1, 2_500, 241_806].map(moneyOf)).toEqual(['0.01', '25.00', '2,418.06'])
  for (const cents of [1, 99, 100, 241_806, 99_999_999]) expect(centsOf(moneyOf(cents))).toBe(cents)
})
