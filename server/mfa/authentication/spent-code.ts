import { type Authentication, advanced } from './authentication.ts'

/** Nothing is left of a code that was taken, or guessed at too often. */
export const NO_CODE = { code: undefined, picture: undefined }

const SPENT = { code: 'OTP_ATTEMPTS_LIMIT', message: 'There were too many wrong codes.' }

/** What the last wrong code makes of an authentication. */
export function failed(current: Authentication) {
  return {
    part: advanced(current, { step: { status: 'FAILED' }, kept: { error: SPENT, ...NO_CODE } }),
    end: 'denied' as const,
  }
}
