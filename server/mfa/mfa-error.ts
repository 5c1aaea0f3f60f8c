import { HubError } from '../errors.ts'
import type { ErrorCode } from '../protocol/error-codes.ts'
import {
  MFA_STATUS,
  type MfaCode,
  type MfaDetail,
  type MfaDetailCode,
  type MfaInnerError,
} from '../protocol/mfa-errors.ts'

export interface MfaErrorExtras {
  readonly details?: readonly MfaDetail[] | undefined
  /** Seconds until trying again makes sense. */
  readonly retryAfter?: number | undefined
  /** The resource as it stands. */
  readonly current?: unknown
}

/** Thrown where whoever made an MFA call must be told why it was refused. */
export class MfaError extends HubError {
  override readonly name = 'MfaError'
  readonly mfa: MfaCode
  readonly details: readonly MfaDetail[]
  readonly current: unknown

  constructor(mfa: MfaCode, message: string, { details = [], retryAfter, current }: MfaErrorExtras = {}) {
    super(NATIVE[MFA_STATUS[mfa]], message, { retryAfter })
    this.mfa = mfa
    this.details = details
    this.current = current
  }
}

/** The hub's own word for each status, where nobody has translated it. */
const NATIVE = {
  400: 'invalid_request',
  401: 'invalid_token',
  403: 'insufficient_scope',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'challenge_complete',
  413: 'payload_too_large',
  422: 'idempotency_key_reused',
  429: 'too_many_requests',
  500: 'internal',
  503: 'store_unavailable',
} as const satisfies Record<(typeof MFA_STATUS)[MfaCode], ErrorCode>

/** One refusal with one reason, of which most are. */
export function refusal(
  mfa: MfaCode,
  code: MfaDetailCode,
  message: string,
  { target, innerError, ...extras }: MfaErrorExtras & { target?: string; innerError?: MfaInnerError } = {},
): MfaError {
  const detail: MfaDetail = {
    code,
    message,
    ...(target !== undefined && { target }),
    ...(innerError && { innerError }),
  }
  return new MfaError(mfa, message, { ...extras, details: [detail] })
}

/** What is said of everything unknown and of everything that is somebody else's. */
export function notFound(): MfaError {
  return new MfaError('NOT_FOUND', 'There is no such resource.')
}

export function invalidValue(target: string, message: string): MfaError {
  return refusal('INVALID_DATA', 'INVALID_VALUE', message, { target })
}

/** The same refusal, where the fields of the body are called otherwise; whatever else was thrown, as it is. */
export function withTargets(error: unknown, rename: (target: string) => string): unknown {
  if (!(error instanceof MfaError)) return error
  const { mfa, message, details, current, extras } = error
  const renamed = details.map(({ target, ...detail }) => ({
    ...detail,
    ...(target !== undefined && { target: rename(target) }),
  }))
  return new MfaError(mfa, message, { details: renamed, current, retryAfter: extras.retryAfter })
}

/** Whatever was thrown by what MFA calls share with all others, in the words of MFA calls. */
export function toMfaError(error: HubError): MfaError {
  if (error instanceof MfaError) return error
  const { code, detail: message, extras } = error
  const mfa = MFA_CODE[code]
  const why = DETAIL[code]
  return new MfaError(mfa, message, {
    retryAfter: extras.retryAfter,
    ...(why && { details: [{ code: why, message }] }),
  })
}

const MFA_CODE: Record<ErrorCode, MfaCode> = {
  invalid_request: 'INVALID_REQUEST',
  invalid_token: 'INVALID_TOKEN',
  expired_token: 'INVALID_TOKEN',
  insufficient_scope: 'ACCESS_FAILED',
  challenge_not_found: 'NOT_FOUND',
  not_found: 'NOT_FOUND',
  method_not_allowed: 'METHOD_NOT_ALLOWED',
  request_timeout: 'INVALID_REQUEST',
  challenge_complete: 'CONFLICT',
  payload_too_large: 'PAYLOAD_TOO_LARGE',
  unsupported_media_type: 'INVALID_REQUEST',
  number_mismatch: 'REQUEST_FAILED',
  signature_required: 'REQUEST_FAILED',
  malformed_signature: 'REQUEST_FAILED',
  foreign_key: 'REQUEST_FAILED',
  signature_mismatch: 'REQUEST_FAILED',
  stale_signature: 'REQUEST_FAILED',
  clock_skew: 'REQUEST_FAILED',
  idempotency_key_reused: 'IDEMPOTENCY_KEY_REUSED',
  too_many_requests: 'REQUEST_LIMITED',
  approver_silenced: 'REQUEST_LIMITED',
  headers_too_large: 'INVALID_REQUEST',
  internal: 'UNEXPECTED_ERROR',
  store_unavailable: 'UNAVAILABLE',
  busy: 'UNAVAILABLE',
  overloaded: 'UNAVAILABLE',
  draining: 'UNAVAILABLE',
}

const DETAIL: Partial<Record<ErrorCode, MfaDetailCode>> = {
  // All else that is wrong with a request has its own reason.
  invalid_request: 'INVALID_JSON',
  unsupported_media_type: 'INVALID_CONTENT_TYPE',
  insufficient_scope: 'INSUFFICIENT_PERMISSIONS',
  too_many_requests: 'LIMIT_EXCEEDED',
  approver_silenced: 'LIMIT_EXCEEDED',
  signature_required: 'SIGNATURE_REQUIRED',
  malformed_signature: 'MALFORMED_SIGNATURE',
  foreign_key: 'FOREIGN_KEY',
  signature_mismatch: 'SIGNATURE_MISMATCH',
  stale_signature: 'STALE_SIGNATURE',
  clock_skew: 'CLOCK_SKEW',
}
