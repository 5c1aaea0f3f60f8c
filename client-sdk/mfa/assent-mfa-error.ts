import type { MfaDetail } from '../../server/protocol/mfa-errors.ts'
import { AssentError, type AssentErrorParts } from '../assent-error.ts'

export interface AssentMfaErrorParts extends AssentErrorParts {
  readonly details?: readonly MfaDetail[] | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly current?: unknown
}

/**
 * Why an MFA call was refused.
 *
 * @example
 * try { await mfa.devicePasscode({ deviceAuthenticationId, otp }) } catch (error) {
 *   const [detail] = error instanceof AssentMfaError ? error.details : []
 *   if (detail?.code === 'INVALID_OTP') show(`${detail.innerError?.attemptsRemaining} tries left`)
 * }
 */
export class AssentMfaError extends AssentError {
  /** What exactly is wrong, each with the field it is about. */
  readonly details: readonly MfaDetail[]
  /** The answer's headers, by their names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  /** With `CONFLICT`: the resource as it stands. */
  readonly current: unknown

  constructor(parts: AssentMfaErrorParts, cause?: unknown) {
    super(parts, cause)
    this.details = parts.details ?? []
    this.headers = parts.headers ?? {}
    this.current = parts.current
  }

  /** The HTTP status; undefined when nobody answered. */
  get statusCode(): number | undefined {
    return this.status
  }
}
