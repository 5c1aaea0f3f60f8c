import type { Refusal } from '../bank/bank-api.ts'

const TEXTS: ReadonlyMap<string, string> = new Map([
  ['OTP_EXPIRED', 'That code is too old by now. Please have a new one sent.'],
  ['OTP_REUSED', 'That code has been used already. Please wait for the next one.'],
  ['OTP_ATTEMPTS_LIMIT', 'That were too many wrong codes. Please use another way.'],
  ['DEVICE_LOCKED', 'That were too many wrong codes. Please use another way, or try again in a few minutes.'],
  ['OTP_RESEND_LIMIT', 'That was sent several times already. Please use another way, or try again later.'],
  ['LIMIT_EXCEEDED', 'That was a little often. Please use another way, or try again later.'],
  ['UNIQUENESS_VIOLATION', 'This passkey is in use already.'],
  ['DEVICE_TYPE_DISABLED', 'Harbour Bank does not take these.'],
  ['INVALID_VALUE', 'That does not look right. Please check it.'],
  ['invalidAuthenticatorAttributes', 'That code is too old by now, or has been used. Please take a new one.'],
  ['authenticatorAttemptsExceeded', 'That were too many wrong codes. Please use another way.'],
  ['challengeNotFound', 'Another transfer has taken its place. Please begin again.'],
  ['challengedExpired', 'That took too long. Please begin again.'],
  [
    'too_many_requests',
    'You were asked several times already, or have said that it wasn’t you. Please use another way, or wait.',
  ],
  ['tooManyRequests', 'That was a little often. Please try again in a minute.'],
  ['noAuthenticators', 'None of your devices can be used at this address, or at this moment.'],
  ['unavailable', 'No answer from Harbour Bank. Please try again.'],
  ['too_little', 'There is not so much in your account.'],
  ['last_device', 'This is the last one. Please add another first, or nobody could tell that it is you.'],
  ['signed_out', 'You are signed out by now. Please begin again.'],
])

/** What went wrong, in a sentence for the person who may do something about it. */
export function refusalText({ outcome, attemptsRemaining: left }: Refusal): string {
  const isWrong = outcome === 'INVALID_OTP' || (outcome === 'invalidAuthenticatorAttributes' && left !== undefined)
  if (isWrong && left) return `That is not the code. ${left === 1 ? 'One try' : `${left} tries`} left.`
  if (isWrong) return 'That is not the code.'
  return TEXTS.get(outcome) ?? 'That did not work. Please try again in a moment.'
}

/** Browsers do not tell whether somebody said no, took too long, or has no passkey: so one sentence for all. */
export const NO_PASSKEY = 'No passkey was used. Please try again, or use another way.'
export const NO_ANSWER = 'No answer from Harbour Bank. Please try again.'
