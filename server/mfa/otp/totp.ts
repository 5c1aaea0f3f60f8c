import { Secret, TOTP } from 'otpauth'

const PERIOD_SECONDS = 30
/** A code is taken one step early or late: clocks differ, and people type slowly. */
const WINDOW = 1
const SECRET_BYTES = 20
const SIX_DIGITS = /^[0-9]{6}$/

/** Base32. */
export function newTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32
}

/** What a code app reads off a QR: `otpauth://totp/…`. */
export function totpKeyUri(secret: string, issuer: string, label: string): string {
  return new TOTP({ issuer, label, secret: Secret.fromBase32(secret), period: PERIOD_SECONDS }).toString()
}

/**
 * The time step a code belongs to; undefined: it is none of these steps'. RFC 6238, 5.2: one step is taken once, so that
 * whoever saw it typed can't use it, which the caller sees to.
 * @param now epoch milliseconds
 * @param period seconds
 */
export function totpStep(
  secret: string,
  otp: string,
  now: number,
  period: number = PERIOD_SECONDS,
): number | undefined {
  // The library would take digits of other scripts, too.
  if (!SIX_DIGITS.test(otp)) return undefined
  const totp = new TOTP({ secret: Secret.fromBase32(secret), period })
  const delta = totp.validate({ token: otp, timestamp: now, window: WINDOW })
  return delta === null ? undefined : Math.floor(now / 1_000 / period) + delta
}
