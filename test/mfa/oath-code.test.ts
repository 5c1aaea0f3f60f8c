import { HOTP, Secret } from 'otpauth'
import { describe, expect, it } from 'vitest'
import { type OathState, verifyOathCode } from '../../server/mfa/otp/oath-code.ts'

// RFC 4226, appendix D.
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const CODES = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
const NOW = 1_700_000_010_000
const STEP = Math.floor(NOW / 30_000)

const hotp: OathState = { type: 'HOTP', secret: SECRET, digits: 6, counter: 0, stepSize: 30, lastStep: 0 }
const totp: OathState = { ...hotp, type: 'TOTP' }
const at = (counter: number, digits = 6) =>
  new HOTP({ secret: Secret.fromBase32(SECRET), digits }).generate({ counter })

describe('a token that counts', () => {
  it.each(CODES.map((code, counter) => [counter, code] as const))('makes code %i of RFC 4226: %s', (counter, code) => {
    const { verdict, state } = verifyOathCode(hotp, code, NOW)
    expect([verdict, state.counter]).toEqual(['right', counter + 1])
  })

  it('takes no code twice, and none before it', () => {
    const { state } = verifyOathCode(hotp, CODES[3] ?? '', NOW)
    for (const code of CODES.slice(0, 4)) expect(verifyOathCode(state, code, NOW)).toEqual({ verdict: 'wrong', state })
  })

  it('is found ten codes ahead, and further only by two in a row', () => {
    expect(verifyOathCode(hotp, at(9), NOW).verdict).toBe('right')
    for (const counter of [10, 100]) {
      expect(verifyOathCode(hotp, at(counter), NOW)).toEqual({ verdict: 'resync', state: hotp })
      const { verdict, state } = verifyOathCode(hotp, at(counter), NOW, at(counter + 1))
      expect([verdict, state.counter]).toEqual(['right', counter + 2])
      expect(verifyOathCode(hotp, at(counter), NOW, at(counter + 2)).verdict).toBe('wrong')
      expect(verifyOathCode(hotp, at(counter + 1), NOW, at(counter)).verdict).toBe('wrong')
    }
    expect(verifyOathCode(hotp, at(101), NOW, at(102)).verdict).toBe('wrong')
  })

  it.each(['', '75522', '7552244', 'abcdef', '７５５２２４'])('makes no code %o', (code) => {
    expect(verifyOathCode(hotp, code, NOW).verdict).toBe('wrong')
  })

  it('may have eight digits', () => {
    const eight: OathState = { ...hotp, digits: 8 }
    expect(verifyOathCode(eight, at(0, 8), NOW).verdict).toBe('right')
    expect(verifyOathCode(eight, at(0), NOW).verdict).toBe('wrong')
  })
})

describe('a token with a clock', () => {
  it.each([-1, 0, 1])('may be %i steps off, and is known to be then', (off) => {
    const { verdict, state } = verifyOathCode(totp, at(STEP + off), NOW)
    expect([verdict, state.counter, state.lastStep]).toEqual(['right', off, STEP + off])
    expect(verifyOathCode(state, at(STEP + off), NOW)).toEqual({ verdict: 'reused', state })
    expect(verifyOathCode(state, at(STEP + off + 1), NOW + 30_000).verdict).toBe('right')
  })

  it.each([-100, -2, 2, 100])('that is %i steps off is found by two codes in a row', (off) => {
    expect(verifyOathCode(totp, at(STEP + off), NOW)).toEqual({ verdict: 'resync', state: totp })
    const { verdict, state } = verifyOathCode(totp, at(STEP + off), NOW, at(STEP + off + 1))
    expect([verdict, state.counter, state.lastStep]).toEqual(['right', off, STEP + off + 1])
    expect(verifyOathCode(state, at(STEP + off + 2), NOW + 60_000).verdict).toBe('right')
  })

  it('further off is not found', () => {
    for (const off of [-101, 101]) {
      expect(verifyOathCode(totp, at(STEP + off), NOW, at(STEP + off + 1)).verdict).toBe('wrong')
    }
  })
})
