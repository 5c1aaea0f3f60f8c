import type { MfaCode, MfaDetailCode } from '../../protocol/mfa-errors.ts'

/** Every error, as a page can show it to whoever sits in front of it. */
export const ERRORS = {
  VALIDATION_ERROR: 'Something you entered is not right. Check it and try again.',
  INVALID_REQUEST: 'This did not work. Try again.',
  INVALID_ACTION_ID: 'This is not possible any more. Reload the page.',
  REQUEST_FAILED: 'This did not work. Try again in a while.',
  RESOURCE_NOT_FOUND: 'This sign-on is over. Start again.',
  UNEXPECTED_ERROR: 'Something went wrong on our side. Try again in a moment.',
}

export type ErrorCode = keyof typeof ERRORS

const TOO_MANY_WRONG = 'There were too many wrong passcodes. Choose another way, or start again.'

/** Every detail: of which error, and as a page can show it. */
export const DETAILS = {
  INVALID_OTP: ['VALIDATION_ERROR', 'This is not the right passcode. Try again.'],
  INVALID_DEVICE: ['VALIDATION_ERROR', 'This device can not be used. Choose another one.'],
  FIELD_REQUIRED: ['VALIDATION_ERROR', 'Something is missing. Fill it in and try again.'],
  INVALID_FIELD_FORMAT: ['VALIDATION_ERROR', ERRORS.VALIDATION_ERROR],
  INVALID_FIELD_VALUE: ['VALIDATION_ERROR', ERRORS.VALIDATION_ERROR],
  UNRECOGNIZED_FIELD_NAME: ['VALIDATION_ERROR', ERRORS.INVALID_REQUEST],
  UNEXPECTED_ACTION_MODEL: ['VALIDATION_ERROR', ERRORS.INVALID_REQUEST],
  INVALID_MOBILE_PAYLOAD: ['VALIDATION_ERROR', 'This phone was not recognised. Choose another way.'],
  INVALID_CONTENT_TYPE: ['INVALID_REQUEST', ERRORS.INVALID_REQUEST],
  OTP_ATTEMPTS_LIMIT: ['REQUEST_FAILED', TOO_MANY_WRONG],
  TOTP_ATTEMPTS_LIMIT: ['REQUEST_FAILED', TOO_MANY_WRONG],
  OTP_EXPIRED: ['REQUEST_FAILED', 'This passcode has expired. Ask for a new one.'],
  OTP_RESEND_LIMIT: ['REQUEST_FAILED', 'Passcodes were sent too often. Wait a while, or choose another way.'],
  DEVICE_LOCKED: ['REQUEST_FAILED', 'There were too many wrong passcodes. Wait a while, or choose another way.'],
  PUSH_FAILED: ['REQUEST_FAILED', 'Your phone could not be asked. Choose another way.'],
  // The original has no opening of flows, nor words for it.
  MFA_DISABLED: ['REQUEST_FAILED', 'You have not set up a second way to prove who you are.'],
  // Only in MFA_FAILED, where a flow says why.
  NO_USABLE_DEVICES: ['REQUEST_FAILED', 'None of your devices can be used now.'],
  NUMBER_ATTEMPTS_LIMIT: ['REQUEST_FAILED', 'There were too many wrong numbers. Start again.'],
  DENIED: ['REQUEST_FAILED', 'This was denied on the phone. Start again.'],
  TIMED_OUT: ['REQUEST_FAILED', 'This took too long. Start again.'],
} as const satisfies Record<string, readonly [ErrorCode, string]>

export type DetailCode = keyof typeof DETAILS

/** What a refusal of the engine's is here, where its details say no more. */
export const ERROR: Readonly<Record<MfaCode, ErrorCode>> = {
  INVALID_DATA: 'VALIDATION_ERROR',
  INVALID_REQUEST: 'INVALID_REQUEST',
  REQUEST_FAILED: 'REQUEST_FAILED',
  INVALID_TOKEN: 'REQUEST_FAILED',
  ACCESS_FAILED: 'REQUEST_FAILED',
  NOT_FOUND: 'RESOURCE_NOT_FOUND',
  METHOD_NOT_ALLOWED: 'INVALID_REQUEST',
  CONFLICT: 'INVALID_ACTION_ID',
  UNIQUENESS_VIOLATION: 'REQUEST_FAILED',
  PAYLOAD_TOO_LARGE: 'INVALID_REQUEST',
  IDEMPOTENCY_KEY_REUSED: 'INVALID_REQUEST',
  REQUEST_LIMITED: 'REQUEST_FAILED',
  UNEXPECTED_ERROR: 'UNEXPECTED_ERROR',
  UNAVAILABLE: 'UNEXPECTED_ERROR',
}

/** What its details are here, where they are called otherwise. */
export const DETAIL: Partial<Record<MfaDetailCode, DetailCode>> = {
  REQUIRED_VALUE: 'FIELD_REQUIRED',
  EMPTY_VALUE: 'FIELD_REQUIRED',
  INVALID_VALUE: 'INVALID_FIELD_VALUE',
  SIZE_LIMIT_EXCEEDED: 'INVALID_FIELD_VALUE',
  UNKNOWN_FIELD: 'UNRECOGNIZED_FIELD_NAME',
  DEVICE_TYPE_DISABLED: 'INVALID_DEVICE',
  OTP_REUSED: 'INVALID_OTP',
  OATH_RESYNC_REQUIRED: 'INVALID_OTP',
  INVALID_ASSERTION: 'INVALID_FIELD_VALUE',
  INVALID_ORIGIN: 'INVALID_FIELD_VALUE',
}

/** Whether it is a word for a detail. */
export function isDetail(word: string): word is DetailCode {
  return Object.hasOwn(DETAILS, word)
}
