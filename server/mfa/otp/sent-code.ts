import { createHmac, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { refusal } from '../mfa-error.ts'

/** What a code is for, so that it is good for nothing else: `pairing` and the device, say. */
export type CodePurpose = readonly [use: 'pairing' | 'authentication', id: string]

/** A code that was sent: not the code itself. Times are epoch milliseconds. */
export interface SentCode {
  readonly salt: string
  /** HMAC-SHA256 of purpose, salt and code, base64url. */
  readonly digest: string
  readonly expiresAt: number
  /** How often one was sent anew since `since`. */
  readonly resends: number
  readonly since: number
}

export const CODE_DIGITS = 6

/** So often a code is sent anew within so long. Milliseconds. */
const MOST_RESENDS = 5
const RESENDS_MS = 30 * 60_000

/** A new code in place of the one before, if any; throws `OTP_RESEND_LIMIT` when there were too many lately. */
export function newSentCode(
  key: KeyObject,
  purpose: CodePurpose,
  otp: string,
  { before, now, lifeMs }: { before?: SentCode | undefined; now: number; lifeMs: number },
): SentCode {
  const isLately = before !== undefined && now < before.since + RESENDS_MS
  const resends = isLately ? before.resends + 1 : 0
  if (isLately && resends > MOST_RESENDS) {
    const retryAfter = (before.since + RESENDS_MS - now) / 1_000
    throw refusal('REQUEST_LIMITED', 'OTP_RESEND_LIMIT', 'A code was sent anew too often. Wait a while.', {
      retryAfter,
    })
  }
  const salt = randomBytes(16).toString('base64url')
  const digest = digestOf(key, purpose, salt, otp)
  return { salt, digest, expiresAt: now + lifeMs, resends, since: isLately ? before.since : now }
}

export function digestOf(key: KeyObject, [use, id]: CodePurpose, salt: string, otp: string): string {
  return createHmac('sha256', key).update(`otp\n${use}\n${id}\n${salt}\n${otp}`).digest('base64url')
}

/** Where there is no code, one is compared all the same, that nothing is the digest of. */
const NONE: SentCode = { salt: '', digest: '', expiresAt: 0, resends: 0, since: 0 }

/** Compares in constant time, and does the same work whether there is a code, whether it has expired, and what it is. */
export function verifySentCode(
  key: KeyObject,
  purpose: CodePurpose,
  sent: SentCode | undefined,
  otp: string,
  now: number,
): 'right' | 'wrong' | 'expired' {
  const { salt, digest, expiresAt } = sent ?? NONE
  const given = Buffer.from(digestOf(key, purpose, salt, otp), 'base64url')
  const expected = Buffer.alloc(given.length)
  Buffer.from(digest, 'base64url').copy(expected)
  const isRight = timingSafeEqual(given, expected) && sent !== undefined
  if (now >= expiresAt) return sent ? 'expired' : 'wrong'
  return isRight ? 'right' : 'wrong'
}
