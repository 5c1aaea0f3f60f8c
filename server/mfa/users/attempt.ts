import { type MfaError, refusal } from '../mfa-error.ts'
import { type Duration, toMilliseconds } from '../parse.ts'
import { type Device, type DeviceLock, UNLOCKED } from './device.ts'

/** So many wrong codes in a row are allowed, and what follows then. */
export interface FailureRule {
  readonly count: number
  readonly coolDown: Duration
}

/** What a code turned out to be. `reused`: right, but taken before. `resync`: of a token that is too far off. */
export type Verdict = 'right' | 'wrong' | 'expired' | 'reused' | 'resync'

/** How an attempt ended. Times are epoch milliseconds. */
export type Attempt = { readonly outcome: 'right' } | FailedAttempt

export type FailedAttempt =
  | { readonly outcome: 'expired' | 'spent' }
  | { readonly outcome: 'wrong' | 'reused' | 'resync'; readonly attemptsRemaining: number; readonly locks: boolean }
  | { readonly outcome: 'locked'; readonly until: number }

/**
 *     open ──wrong, and one of `count`──▶ open
 *       │ └──the last of them──▶ locked for `coolDown` ──▶ open; without a cool-down: spent, until there is a new code
 *       └──right──▶ open, none wrong
 *
 * While it is locked or spent no code is right. `verdict` was found in any case, so that this takes as long as that.
 */
export function attempt(
  lock: DeviceLock,
  verdict: Verdict,
  { count, coolDown }: FailureRule,
  now: number,
): { readonly lock: DeviceLock; readonly attempt: Attempt } {
  if (now < lock.until) return { lock, attempt: { outcome: 'locked', until: lock.until } }
  const coolDownMs = toMilliseconds(coolDown)
  if (lock.failures >= count) {
    if (coolDownMs === 0) return { lock, attempt: { outcome: 'spent' } }
    // They were counted under a rule that allowed more.
    const until = now + coolDownMs
    return { lock: { failures: 0, until }, attempt: { outcome: 'locked', until } }
  }
  if (verdict === 'expired') return { lock, attempt: { outcome: 'expired' } }
  if (verdict === 'right') return { lock: UNLOCKED, attempt: { outcome: 'right' } }
  const failures = lock.failures + 1
  const isLocked = failures === count && coolDownMs > 0
  return {
    lock: isLocked ? { failures: 0, until: now + coolDownMs } : { failures, until: 0 },
    attempt: { outcome: verdict, attemptsRemaining: count - failures, locks: isLocked },
  }
}

export function isLocked({ lock }: Device, now: number): boolean {
  return now < lock.until
}

/** Why a code was not taken, for whoever sent it. */
export function toRefusal(ended: FailedAttempt, now: number): MfaError {
  switch (ended.outcome) {
    case 'wrong':
      return refusal('REQUEST_FAILED', 'INVALID_OTP', 'This is not the code.', wrongCode(ended.attemptsRemaining))
    case 'reused':
      return refusal('REQUEST_FAILED', 'OTP_REUSED', 'This code has been used.', wrongCode(ended.attemptsRemaining))
    case 'resync':
      return refusal(
        'REQUEST_FAILED',
        'OATH_RESYNC_REQUIRED',
        'The token is too far off: two codes in a row are needed.',
        {
          ...wrongCode(ended.attemptsRemaining),
        },
      )
    case 'expired':
      return refusal('REQUEST_FAILED', 'OTP_EXPIRED', 'The code has expired. Ask for a new one.', { target: 'otp' })
    case 'spent':
      return refusal('REQUEST_LIMITED', 'OTP_ATTEMPTS_LIMIT', 'There were too many wrong codes. Ask for a new one.', {
        target: 'otp',
      })
    case 'locked':
      return refusal('REQUEST_LIMITED', 'DEVICE_LOCKED', 'There were too many wrong codes. Wait a while.', {
        target: 'otp',
        innerError: { expiresAt: new Date(ended.until).toISOString() },
        retryAfter: (ended.until - now) / 1_000,
      })
  }
}

function wrongCode(attemptsRemaining: number) {
  return { target: 'otp', innerError: { attemptsRemaining } }
}
