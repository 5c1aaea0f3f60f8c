import { timingSafeEqual } from 'node:crypto'
import { HOTP, Secret } from 'otpauth'
import type { Verdict } from '../users/attempt.ts'

/** What makes the codes of a token, in it and here. */
export interface OathState {
  readonly type: 'HOTP' | 'TOTP'
  /** Base32. */
  readonly secret: string
  readonly digits: 6 | 8
  /** HOTP: of the next code. TOTP: by how many steps the token's clock is ahead of ours. */
  readonly counter: number
  /** TOTP: seconds. */
  readonly stepSize: number
  /** TOTP: the step of the last code that was taken; none before or at it is taken again. */
  readonly lastStep: number
}

/** A press without use moves a token on: so many codes ahead one is still taken (RFC 4226, 7.4), a step off for a clock. */
const AHEAD = 10
const STEPS_OFF = 1
/** So far off, two codes in a row tell where the token is. */
const RESYNC = 100

/**
 * Judges a code of a token, and tells where the token is once it is taken.
 * @param second the code after it: two in a row are taken however far the token is off, within reason
 * @param now epoch milliseconds
 */
export function verifyOathCode(
  state: OathState,
  otp: string,
  now: number,
  second?: string,
): { readonly verdict: Verdict; readonly state: OathState } {
  const isAt = codesOf(state)
  const ours = state.type === 'HOTP' ? state.counter : Math.floor(now / 1_000 / state.stepSize) + state.counter
  const [least, most] = state.type === 'HOTP' ? [0, RESYNC] : [-RESYNC, RESYNC]
  // Every code is compared, whichever is right, so that nobody can tell how far off it was.
  let found: number | undefined
  for (let off = most; off >= least; off--) {
    const isRight = isAt(ours + off, otp) && (second === undefined || isAt(ours + off + 1, second))
    if (isRight && (found === undefined || Math.abs(off) < Math.abs(found))) found = off
  }
  if (found === undefined) return { verdict: 'wrong', state }
  const isNear = state.type === 'HOTP' ? found < AHEAD : Math.abs(found) <= STEPS_OFF
  if (!isNear && second === undefined) return { verdict: 'resync', state }
  const used = ours + found + (second === undefined ? 0 : 1)
  if (state.type === 'HOTP') return { verdict: 'right', state: { ...state, counter: used + 1 } }
  if (used <= state.lastStep) return { verdict: 'reused', state }
  return { verdict: 'right', state: { ...state, counter: state.counter + found, lastStep: used } }
}

/** Whether a code is that of a counter. */
function codesOf({ secret, digits }: OathState): (counter: number, otp: string) => boolean {
  const hotp = new HOTP({ secret: Secret.fromBase32(secret), digits })
  return (counter, otp) => {
    if (counter < 0) return false
    const expected = Buffer.from(hotp.generate({ counter }))
    const given = Buffer.from(otp)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}
