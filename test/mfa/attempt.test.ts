import { createSecretKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newSentCode, verifySentCode } from '../../server/mfa/otp/sent-code.ts'
import { newTotpSecret, totpStep } from '../../server/mfa/otp/totp.ts'
import { attempt } from '../../server/mfa/users/attempt.ts'
import { UNLOCKED } from '../../server/mfa/users/device.ts'

const NOW = 1_700_000_000_000
const MINUTE = 60_000
const without = { count: 3, coolDown: { duration: 0, timeUnit: 'MINUTES' } } as const
const withCoolDown = { count: 3, coolDown: { duration: 2, timeUnit: 'MINUTES' } } as const

describe('an attempt', () => {
  it('that is right makes all wrong ones before it forgotten', () => {
    const tried = attempt({ failures: 2, until: 0 }, 'right', without, NOW)
    expect(tried).toEqual({ lock: UNLOCKED, attempt: { outcome: 'right' } })
  })

  it.each(['wrong', 'reused'] as const)('that is %s costs one', (verdict) => {
    const tried = attempt(UNLOCKED, verdict, without, NOW)
    expect(tried).toEqual({
      lock: { failures: 1, until: 0 },
      attempt: { outcome: verdict, attemptsRemaining: 2, locks: false },
    })
  })

  it('with an expired code costs nothing', () => {
    expect(attempt(UNLOCKED, 'expired', without, NOW)).toEqual({ lock: UNLOCKED, attempt: { outcome: 'expired' } })
  })

  it('is the last: then no code is right any more', () => {
    const { lock } = attempt({ failures: 2, until: 0 }, 'wrong', without, NOW)
    expect(attempt(lock, 'right', without, NOW + 9 * MINUTE).attempt).toEqual({ outcome: 'spent' })
  })

  it('under a rule that allows fewer than were wrong already begins the cool-down', () => {
    const tried = attempt({ failures: 5, until: 0 }, 'right', withCoolDown, NOW)
    const until = NOW + 2 * MINUTE
    expect(tried).toEqual({ lock: { failures: 0, until }, attempt: { outcome: 'locked', until } })
  })

  it('is the last, with a cool-down: then none is until that is over', () => {
    const { lock } = attempt({ failures: 2, until: 0 }, 'wrong', withCoolDown, NOW)
    expect(attempt(lock, 'right', withCoolDown, NOW + 2 * MINUTE - 1)).toEqual({
      lock,
      attempt: { outcome: 'locked', until: NOW + 2 * MINUTE },
    })
    expect(attempt(lock, 'right', withCoolDown, NOW + 2 * MINUTE).attempt).toEqual({ outcome: 'right' })
    expect(attempt(lock, 'wrong', withCoolDown, NOW + 2 * MINUTE).attempt).toMatchObject({ attemptsRemaining: 2 })
  })
})

describe('a code that was sent', () => {
  const key = [createSecretKey(Buffer.alloc(32, 1))] as const
  const other = createSecretKey(Buffer.alloc(32, 2))
  const purpose = ['pairing', 'device'] as const
  const sent = newSentCode(key, purpose, '123456', { now: NOW, lifeMs: MINUTE })

  it('is kept as a digest, which is another one each time', () => {
    expect(JSON.stringify(sent)).not.toContain('123456')
    expect(newSentCode(key, purpose, '123456', { now: NOW, lifeMs: MINUTE }).digest).not.toBe(sent.digest)
  })

  it.each([
    ['right', '123456', NOW + MINUTE - 1],
    ['wrong', '123457', NOW],
    ['wrong', '', NOW],
    ['wrong', '1234567', NOW],
    ['expired', '123456', NOW + MINUTE],
    ['expired', '123457', NOW + MINUTE],
  ] as const)('is %s: %s', (verdict, otp, at) => {
    expect(verifySentCode(key, purpose, sent, otp, at)).toBe(verdict)
  })

  it('is good for nothing else, and under no other key; where none was sent, none is right', () => {
    expect(verifySentCode(key, ['pairing', 'other'], sent, '123456', NOW)).toBe('wrong')
    expect(verifySentCode(key, ['authentication', 'device'], sent, '123456', NOW)).toBe('wrong')
    expect(verifySentCode([other], purpose, sent, '123456', NOW)).toBe('wrong')
    expect(verifySentCode([other, ...key], purpose, sent, '123456', NOW)).toBe('right')
    expect(verifySentCode(key, purpose, undefined, '123456', NOW)).toBe('wrong')
    expect(verifySentCode(key, purpose, undefined, '', NOW)).toBe('wrong')
  })
})

describe('a code of a code app', () => {
  // RFC 6238, appendix B: the secret of SHA-1, base32; its codes have eight digits there, and these are the last six.
  const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_234_567_890, '005924'],
    [20_000_000_000, '353130'],
  ])('is that of RFC 6238 at %i s, one step early or late too', (seconds, otp) => {
    const step = Math.floor(seconds / 30)
    for (const shift of [-30, 0, 30]) expect(totpStep(RFC_SECRET, otp, (seconds + shift) * 1_000)).toBe(step)
    for (const shift of [-60, 60]) expect(totpStep(RFC_SECRET, otp, (seconds + shift) * 1_000)).toBeUndefined()
  })

  it.each(['', '28708', '2870821', 'abcdef', '２８７０８２'])('is not %o', (otp) => {
    expect(totpStep(RFC_SECRET, otp, 59_000)).toBeUndefined()
  })

  it('comes from a secret of 160 bits', () => {
    expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/)
    expect(newTotpSecret()).not.toBe(newTotpSecret())
  })
})
