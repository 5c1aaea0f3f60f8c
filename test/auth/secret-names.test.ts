import { createSecretKey, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { isNameable, SecretNames } from '../../server/auth/secret-names.ts'

const secret = () => createSecretKey(randomBytes(40))
const id = () => randomBytes(32).toString('base64url')

it('names an id one to one, and reads it back', () => {
  const names = new SecretNames([secret()], 'test')
  const ids = Array.from({ length: 1_000 }, id)
  const named = ids.map((each) => names.of(each))
  expect(new Set([...named, ...ids]).size).toBe(2_000)
  expect(named.every((name) => /^[\w-]{43}$/.test(name))).toBe(true)
  expect(named.flatMap((name) => names.ids(name))).toEqual(ids)
  expect(named.flatMap((name) => names.of(names.ids(name)[0] ?? ''))).toEqual(named)
})

it('says nothing to who has another secret, or another use', () => {
  const mine = secret()
  const names = new SecretNames([mine], 'test')
  const one = id()
  expect(new SecretNames([mine], 'other').of(one)).not.toBe(names.of(one))
  expect(new SecretNames([secret()], 'test').ids(names.of(one))).not.toContain(one)
  expect(new SecretNames([createSecretKey(mine.export())], 'test').of(one)).toBe(names.of(one))
})

it('makes names with the newest secret, and reads those of the older ones', () => {
  const [old, fresh] = [secret(), secret()]
  const one = id()
  const rotated = new SecretNames([fresh, old], 'test')
  expect(rotated.of(one)).toBe(new SecretNames([fresh], 'test').of(one))
  expect(rotated.ids(new SecretNames([old], 'test').of(one))).toContain(one)
  expect(rotated.ids(rotated.of(one))).toContain(one)
})

it.each(['', 'x', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}B`, `${'A'.repeat(42)}=`, `+${'A'.repeat(42)}`])(
  'takes nothing for a name that it would not have written: %j',
  (text) => {
    const names = new SecretNames([secret()], 'test')
    expect(isNameable(text)).toBe(false)
    expect(names.ids(text)).toEqual([])
    expect(() => names.of(text)).toThrow()
  },
)
