/** Every word an MFA call answers with when it refuses, and its HTTP status. */
export const MFA_STATUS = {
  INVALID_DATA: 400,
  INVALID_REQUEST: 400,
  REQUEST_FAILED: 400,
  INVALID_TOKEN: 401,
  ACCESS_FAILED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  CONFLICT: 409,
  UNIQUENESS_VIOLATION: 409,
  PAYLOAD_TOO_LARGE: 413,
  IDEMPOTENCY_KEY_REUSED: 422,
  REQUEST_LIMITED: 429,
  UNEXPECTED_ERROR: 500,
  UNAVAILABLE: 503,
} as const

export type MfaCode = keyof typeof MFA_STATUS

/** What exactly is wrong. */
export type MfaDetailCode =
  | 'REQUIRED_VALUE'
  | 'EMPTY_VALUE'
  | 'INVALID_VALUE'
  | 'SIZE_LIMIT_EXCEEDED'
  | 'UNKNOWN_FIELD'
  | 'UNIQUENESS_VIOLATION'
  | 'INVALID_ACTION'
  | 'INVALID_JSON'
  | 'INVALID_CONTENT_TYPE'
  | 'INSUFFICIENT_PERMISSIONS'
  | 'ALREADY_ACTIVE'
  | 'AUTHENTICATION_COMPLETE'
  | 'IN_USE'
  | 'PAIRING_KEY_CLAIMED'
  | 'APPLICATION_NOT_ALLOWED'
  | 'SIGNATURE_REQUIRED'
  | 'MALFORMED_SIGNATURE'
  | 'FOREIGN_KEY'
  | 'SIGNATURE_MISMATCH'
  | 'STALE_SIGNATURE'
  | 'CLOCK_SKEW'
  | 'SIGNATURE_REUSED'
  | 'INVALID_MOBILE_PAYLOAD'
  | 'DEVICE_TYPE_DISABLED'
  | 'DEVICE_NOT_ACTIVE'
  | 'MFA_DISABLED'
  | 'NO_USABLE_DEVICES'
  | 'INVALID_OTP'
  | 'OTP_EXPIRED'
  | 'OTP_REUSED'
  | 'OATH_RESYNC_REQUIRED'
  | 'INVALID_ATTESTATION'
  | 'INVALID_ASSERTION'
  | 'INVALID_ORIGIN'
  | 'OTP_ATTEMPTS_LIMIT'
  | 'OTP_RESEND_LIMIT'
  | 'DEVICE_LOCKED'
  | 'LIMIT_EXCEEDED'

export interface MfaDetail {
  readonly code: MfaDetailCode
  /** The field, as `otp.failure.count`. */
  readonly target?: string
  readonly message: string
  readonly innerError?: MfaInnerError
}

export interface MfaInnerError {
  readonly attemptsRemaining?: number
  /** ISO 8601. */
  readonly expiresAt?: string
}

/** RFC 9457 problem details, with the fields of seed 001's platform beside them. */
export interface MfaProblem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** Of this refusal, to be found in the log. */
  readonly id: string
  readonly code: MfaCode
  readonly message: string
  readonly detail: string
  readonly details?: readonly MfaDetail[]
  /** The resource as it stands, with `CONFLICT`. */
  readonly current?: unknown
}
