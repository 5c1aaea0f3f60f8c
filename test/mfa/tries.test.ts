import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../server/mfa/users/attempt.ts'
import { type TotpDevice, UNLOCKED } from '../../server/mfa/users/device.ts'
import { spend } from '../../server/mfa/users/tries.ts'
import type { User } from '../../server/mfa/users/user.ts'

const NOW = 1_700_000_000_000
const UNTIL = NOW + 300_000
const minutes = (duration: number) => ({ duration, timeUnit: 'MINUTES' }) as const
const without = { count: 3, coolDown: minutes(0) }
const withCoolDown = { count: 2, coolDown: minutes(2) }

const device: TotpDevice = {
  id: 'app',
  type: 'TOTP',
  status: 'ACTIVE',
  policy: 'built-in',
  secret: 'A',
  lastStep: 1,
  createdAt: 0,
  updatedAt: 0,
  lock: UNLOCKED,
}
const user: User = { version: 1, mfaEnabled: true, devices: [device], isOrdered: true, updatedAt: 0 }

const tried = (verdict: Verdict, { proof = 'a', challenge = 'one', step = 2 } = {}) => ({
  challenge,
  until: UNTIL,
  verdict,
  proof,
  makesCodes: true,
  device: { ...device, lastStep: step },
})

describe('a code that is tried for a challenge', () => {
  it('is taken when it is right, also by the device it is of', () => {
    const { user: after, attempt } = spend(user, tried('right'), without, NOW)
    expect(attempt).toEqual({ outcome: 'right' })
    expect(after.devices).toEqual([{ ...device, lastStep: 2 }])
    expect(after.tries).toEqual([{ challenge: 'one', failures: 0, proof: 'a', until: UNTIL }])
  })

  it('is right again for the same challenge, because its answer may have been lost; another code is not', () => {
    const { user: after } = spend(user, tried('right'), without, NOW)
    expect(spend(after, tried('reused'), without, NOW)).toEqual({
      user: after,
      attempt: { outcome: 'right' },
      wasProven: true,
    })
    // A code that was sent anew meanwhile is another proof.
    expect(spend(after, tried('right', { proof: 'b', step: 3 }), without, NOW).attempt).toEqual({ outcome: 'right' })
    expect(spend(after, tried('wrong', { proof: 'c' }), without, NOW)).toMatchObject({ wasProven: true })
    expect(spend(after, tried('reused', { challenge: 'two' }), without, NOW).attempt).toMatchObject({
      outcome: 'reused',
    })
  })

  it('costs a try of its challenge when it is wrong, and leaves device and other challenges as they were', () => {
    let now = user
    for (const attemptsRemaining of [2, 1, 0]) {
      const { user: after, attempt } = spend(now, tried('wrong'), without, NOW)
      expect(attempt).toEqual({ outcome: 'wrong', attemptsRemaining, locks: false })
      now = after
    }
    expect(now.devices).toEqual([{ ...device, lock: { failures: 3, until: 0 } }])
    expect(spend(now, tried('right'), without, NOW)).toMatchObject({ user: now, attempt: { outcome: 'spent' } })
    expect(spend(now, tried('right', { challenge: 'two' }), without, NOW).attempt).toEqual({ outcome: 'right' })
  })

  it('costs a try of its device where there is a cool-down, whatever the challenge', () => {
    const first = spend(user, tried('wrong'), withCoolDown, NOW)
    expect(first.attempt).toMatchObject({ attemptsRemaining: 1, locks: false })
    const second = spend(first.user, tried('wrong', { challenge: 'two' }), withCoolDown, NOW)
    expect(second.attempt).toMatchObject({ attemptsRemaining: 0, locks: true })
    const locked = { outcome: 'locked', until: NOW + 120_000 }
    for (const challenge of ['one', 'two', 'three']) {
      expect(spend(second.user, tried('right', { challenge }), withCoolDown, NOW).attempt).toEqual(locked)
    }
    expect(spend(second.user, tried('right'), withCoolDown, NOW + 120_000).attempt).toEqual({ outcome: 'right' })
  })

  it('that has expired costs nothing', () => {
    expect(spend(user, tried('expired'), without, NOW)).toMatchObject({ user, attempt: { outcome: 'expired' } })
  })

  it('is forgotten once its challenge is over', () => {
    const { user: after } = spend(user, tried('wrong'), without, NOW)
    const later = spend(after, { ...tried('wrong', { challenge: 'two' }), until: UNTIL + 1 }, without, UNTIL)
    expect(later.user.tries?.map(({ challenge }) => challenge)).toEqual(['two'])
  })

  it('makes a device that is guessed at over many challenges rest, where the policy knows no cool-down', () => {
    let now = user
    for (let guess = 0; guess < 10; guess++)
      now = spend(now, tried('wrong', { challenge: `c${guess}` }), without, NOW).user
    expect(now.devices[0]?.lock).toEqual({ failures: 0, until: NOW + 60_000 })
    expect(spend(now, tried('right', { challenge: 'new' }), without, NOW).attempt).toMatchObject({ outcome: 'locked' })
    expect(spend(now, tried('right', { challenge: 'new' }), without, NOW + 60_000).attempt).toEqual({
      outcome: 'right',
    })
    // A code that was sent is good for one challenge, which counts by itself.
    let sent = user
    const guessed = (challenge: string) => ({ ...tried('wrong', { challenge }), makesCodes: false })
    for (let guess = 0; guess < 10; guess++) sent = spend(sent, guessed(`c${guess}`), without, NOW).user
    expect(sent.devices).toEqual([device])
  })

  it('is refused while five hundred challenges of one user are under way', () => {
    let now = user
    for (let at = 0; at < 500; at++)
      now = spend(now, { ...tried('wrong', { challenge: `c${at}` }), makesCodes: false }, without, NOW).user
    expect(() => spend(now, tried('right', { challenge: 'new' }), without, NOW)).toThrow('under way')
    expect(spend(now, tried('right', { challenge: 'c0' }), without, NOW).attempt).toEqual({ outcome: 'right' })
    expect(spend(now, tried('right', { challenge: 'new' }), without, UNTIL).attempt).toEqual({ outcome: 'right' })
  })

  it('of a device for this challenge only is counted by its challenge', () => {
    const stranger = { ...tried('wrong'), device: undefined }
    expect(spend(user, stranger, withCoolDown, NOW).attempt).toEqual({
      outcome: 'wrong',
      attemptsRemaining: 1,
      locks: false,
    })
  })
})
