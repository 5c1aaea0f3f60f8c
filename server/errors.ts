import type { ErrorCode, ErrorNotice, FieldError } from './protocol/error-codes.ts'

export interface ErrorExtras {
  readonly errors?: readonly FieldError[] | undefined
  /** Seconds until trying again makes sense. */
  readonly retryAfter?: number | undefined
  readonly attemptsRemaining?: number | undefined
  /** The challenge as it stands, as the one who asked may see it. */
  readonly record?: unknown
}

/** Thrown where someone outside must be told. `detail` is for them: no stack, no secret, no address of ours. */
export class HubError extends Error {
  override readonly name: string = 'HubError'
  readonly code: ErrorCode
  readonly detail: string
  readonly extras: ErrorExtras

  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}) {
    super(detail)
    this.code = code
    this.detail = detail
    this.extras = extras
  }
}

/** The reason why work is given up: whoever asked for it is gone, and there is nobody to be told anything. */
export class CallerGone extends Error {
  override readonly name = 'CallerGone'
}

/** Whatever was thrown, as something that can be told; anything unexpected becomes `internal`. */
export function toHubError(error: unknown): HubError {
  if (error instanceof HubError) return error
  return new HubError('internal', 'Something went wrong here. It has been logged.')
}

/** The error as sockets tell it. */
export function toNotice(error: HubError): ErrorNotice {
  const { errors, retryAfter, attemptsRemaining } = error.extras
  return {
    code: error.code,
    detail: error.detail,
    ...(errors && { errors }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(attemptsRemaining !== undefined && { attemptsRemaining }),
  }
}
