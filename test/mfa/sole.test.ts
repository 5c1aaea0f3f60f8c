import { expect, it } from 'vitest'
import { isNamed, naming, unnaming } from '../../server/mfa/users/sole.ts'
import type { User } from '../../server/mfa/users/user.ts'

const NOBODY: User = { version: 0, mfaEnabled: true, devices: [], isOrdered: true, updatedAt: 0 }

function named(user: User, challenge: string, until: number, now: number): User {
  return naming(user, { challenge, until }, now).next ?? user
}

it('one is named, and then the next', () => {
  const first = named(NOBODY, 'a', 10, 1)
  const second = named(first, 'b', 10, 2)
  expect([isNamed(NOBODY, 'a'), isNamed(first, 'a'), isNamed(second, 'a'), isNamed(second, 'b')]).toEqual([
    false,
    true,
    false,
    true,
  ])
})

it('to name the same again changes nothing, and one that has lost its place is never named again', () => {
  const second = named(named(NOBODY, 'a', 10, 1), 'b', 10, 2)
  expect(naming(second, { challenge: 'b', until: 10 }, 3)).toEqual({ result: undefined })
  expect(() => naming(second, { challenge: 'a', until: 10 }, 3)).toThrow('has taken its place')
})

it('none is named any more, if it was this one that was', () => {
  const second = named(named(NOBODY, 'a', 10, 1), 'b', 10, 2)
  expect(unnaming(second, 'a', 3)).toEqual({ result: undefined })
  const none = unnaming(second, 'b', 3).next ?? second
  expect(isNamed(none, 'b')).toBe(false)
  expect(() => naming(none, { challenge: 'b', until: 10 }, 3)).toThrow('has taken its place')
})

it('remembers those only that may be open still, and no more of them than it takes', () => {
  let user = named(NOBODY, 'short', 5, 1)
  user = named(user, 'long', 100, 2)
  expect(user.sole?.before.map(({ challenge }) => challenge)).toEqual(['short'])
  user = named(user, 'next', 100, 5)
  expect(user.sole?.before.map(({ challenge }) => challenge)).toEqual(['long'])
  for (let made = 0; made < 50; made++) user = named(user, `${made}`, 100, 6)
  expect(user.sole?.before).toHaveLength(20)
  expect(user.sole?.before[0]?.challenge).toBe('48')
})
