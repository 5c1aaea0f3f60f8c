/** Every word the hub answers with when it refuses, and its HTTP status. The one list; sockets use the same words. */
export const ERROR_STATUS = {
  invalid_request: 400,
  invalid_token: 401,
  expired_token: 401,
  insufficient_scope: 403,
  challenge_not_found: 404,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  challenge_complete: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  number_mismatch: 422,
  signature_required: 422,
  malformed_signature: 422,
  foreign_key: 422,
  signature_mismatch: 422,
  stale_signature: 422,
  clock_skew: 422,
  idempotency_key_reused: 422,
  too_many_requests: 429,
  approver_silenced: 429,
  headers_too_large: 431,
  internal: 500,
  store_unavailable: 503,
  busy: 503,
  overloaded: 503,
  draining: 503,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

/** One wrong field: where it is (`display.fields.0.label`) and what is wrong with it. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

/** What goes wrong, as a socket's ack or a refused connection's `data` says it. */
export interface ErrorNotice {
  readonly code: ErrorCode
  readonly detail: string
  readonly errors?: readonly FieldError[]
  /** Seconds until trying again makes sense. */
  readonly retryAfter?: number
  /** Tries left, with `number_mismatch`. */
  readonly attemptsRemaining?: number
}

/** RFC 9457 problem details, as HTTP says it. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: ErrorCode
  readonly detail: string
  readonly errors?: readonly FieldError[]
  readonly attemptsRemaining?: number
  /** The challenge as it stands, with `challenge_complete`. */
  readonly record?: unknown
}
