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
}

/** How often codes were sent for one purpose since a moment, the first one not counted. */
export interface Sends {
  readonly resends: number
  readonly since: number
}

export const CODE_DIGITS = 6

const DIGEST_BYTES = 32

/** So often a code is sent anew within so long. Milliseconds. */
const MOST_RESENDS = 5
const RESENDS_MS = 30 * 60_000

/** One more; throws `OTP_RESEND_LIMIT` when there were too many lately. */
export function countSend(before: Sends | undefined, now: number): Sends {
  if (!before || now >= before.since + RESENDS_MS) return { resends: 0, since: now }
  if (before.resends < MOST_RESENDS) return { ...before, resends: before.resends + 1 }
  const retryAfter = (before.since + RESENDS_MS - now) / 1_000
  throw refusal('REQUEST_LIMITED', 'OTP_RESEND_LIMIT', 'Codes were sent too often. Wait a while.', { retryAfter })
}

/** @param keys the first makes digests, all are looked at */
export function newSentCode(
  [key]: OtpKeys,
  purpose: CodePurpose,
  otp: string,
  { now, lifeMs }: { now: number; lifeMs: number },
): SentCode {
  const salt = randomBytes(16).toString('base64url')
  return { salt, digest: digestOf(key, purpose, salt, otp), expiresAt: now + lifeMs }
}

/** The first makes digests, all are looked at: a key is changed while codes are under way. */
export type OtpKeys = readonly [KeyObject, ...KeyObject[]]

export function digestOf(key: KeyObject, [use, id]: CodePurpose, salt: string, otp: string): string {
  return createHmac('sha256', key).update(`otp\n${use}\n${id}\n${salt}\n${otp}`).digest('base64url')
}

/** Where there is no code, one is compared all the same, that nothing is the digest of. */
const NONE: SentCode = { salt: '', digest: '', expiresAt: 0 }

/** Compares in constant time, and does the same work whether there is a code, whether it has expired, and what it is. */
export function verifySentCode(
  keys: OtpKeys,
  purpose: CodePurpose,
  sent: SentCode | undefined,
  otp: string,
  now: number,
): 'right' | 'wrong' | 'expired' {
  const { salt, digest, expiresAt } = sent ?? NONE
  const expected = Buffer.alloc(DIGEST_BYTES)
  Buffer.from(digest, 'base64url').copy(expected)
  const equal = keys.map((key) =>
    timingSafeEqual(Buffer.from(digestOf(key, purpose, salt, otp), 'base64url'), expected),
  )
  const isRight = equal.includes(true) && sent !== undefined
  if (now >= expiresAt) return sent ? 'expired' : 'wrong'
  return isRight ? 'right' : 'wrong'
}
