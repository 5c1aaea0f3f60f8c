import type { ErrorCode, FieldError } from '../server/protocol/error-codes.ts'
import type { MfaCode } from '../server/protocol/mfa-errors.ts'
import type { StepUpCode } from './step-up/step-up-codes.ts'

/**
 * The hub's words, in capitals those of its MFA calls, in one word those of step-up, and one of the client's own: `unreachable`,
 * when no hub answered (network, time-out, a proxy's page).
 */
export type AssentErrorCode = ErrorCode | MfaCode | StepUpCode | 'unreachable'

export interface AssentErrorParts {
  readonly code: AssentErrorCode
  readonly detail: string
  readonly status?: number | undefined
  readonly retryAfter?: number | undefined
  readonly errors?: readonly FieldError[] | undefined
  readonly record?: unknown
  readonly attemptsRemaining?: number | undefined
}

/** The same question will never be answered otherwise. */
const FINAL: readonly AssentErrorCode[] = [
  'invalid_request',
  'invalid_token',
  'expired_token',
  'insufficient_scope',
  'challenge_not_found',
  'not_found',
  'INVALID_DATA',
  'INVALID_REQUEST',
  'INVALID_TOKEN',
  'ACCESS_FAILED',
  'NOT_FOUND',
  'challengeNotFound',
  'challengedExpired',
  'challengedAlreadyRedeemed',
  'redeemChallengeConflict',
  'authenticatorNotFound',
]

/** The same question may be answered later. */
const PASSING: readonly AssentErrorCode[] = [
  'unreachable',
  'too_many_requests',
  'store_unavailable',
  'busy',
  'overloaded',
  'draining',
  'UNAVAILABLE',
]

/**
 * Everything that goes wrong between a client and its hub. Compare `code`, never the message.
 *
 * @example
 * try { await approver.approve(challenge, { number: '42' }) } catch (error) {
 *   if (error instanceof AssentError && error.code === 'number_mismatch') show(`${error.attemptsRemaining} tries left`)
 * }
 */
export class AssentError extends Error {
  override readonly name = 'AssentError'
  readonly code: AssentErrorCode
  /** What went wrong, for a developer to read. */
  readonly detail: string
  /** The HTTP status, when HTTP said it. */
  readonly status: number | undefined
  /** Seconds until trying again makes sense. */
  readonly retryAfter: number | undefined
  /** The wrong fields, with `invalid_request`. */
  readonly errors: readonly FieldError[] | undefined
  /** The challenge as it stands, with `challenge_complete`. */
  readonly record: unknown
  /** Tries left, with `number_mismatch` and `invalidAuthenticatorAttributes`. */
  readonly attemptsRemaining: number | undefined

  constructor(parts: AssentErrorParts, cause?: unknown) {
    super(`${parts.code}: ${parts.detail}`, { cause })
    this.code = parts.code
    this.detail = parts.detail
    this.status = parts.status
    this.retryAfter = parts.retryAfter
    this.errors = parts.errors
    this.record = parts.record
    this.attemptsRemaining = parts.attemptsRemaining
  }

  /** Whether asking again is pointless: the token or the question itself is refused. */
  get isFinal(): boolean {
    return FINAL.includes(this.code)
  }

  /** Whether the very same call may succeed later: nobody answered, or the hub said to come back. */
  get isPassing(): boolean {
    return PASSING.includes(this.code)
  }
}
