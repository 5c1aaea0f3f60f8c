import { randomUUID } from 'node:crypto'
import type { HubError } from '../../errors.ts'
import { toMfaError } from '../../mfa/mfa-error.ts'
import { MFA_STATUS, type MfaCode, type MfaProblem } from '../../protocol/mfa-errors.ts'
import type { Answer } from '../endpoint.ts'
import { refusalHeaders } from '../refusal-headers.ts'

const TITLES: Record<MfaCode, string> = {
  INVALID_DATA: 'The data is not valid',
  INVALID_REQUEST: 'The request is not acceptable',
  REQUEST_FAILED: 'The request could not be completed',
  INVALID_TOKEN: 'The token is not acceptable',
  ACCESS_FAILED: 'The token does not allow this',
  NOT_FOUND: 'No such resource',
  METHOD_NOT_ALLOWED: 'This method is not known here',
  CONFLICT: 'The resource is not in a state for this',
  UNIQUENESS_VIOLATION: 'There is another one like this',
  PAYLOAD_TOO_LARGE: 'The body is too large',
  IDEMPOTENCY_KEY_REUSED: 'The Idempotency-Key was used before',
  REQUEST_LIMITED: 'Too much of this',
  UNEXPECTED_ERROR: 'An error of ours',
  UNAVAILABLE: 'Not available at the moment',
}

/** How MFA calls are refused: problem details, with the fields of seed 001's platform. */
export function tellMfa(error: HubError): Answer {
  const refused = toMfaError(error)
  const { mfa: code, message, details, current } = refused
  const status = MFA_STATUS[code]
  const body: MfaProblem = {
    type: `urn:assent:problem:${code.toLowerCase()}`,
    title: TITLES[code],
    status,
    id: randomUUID(),
    code,
    message,
    detail: message,
    ...(details.length > 0 && { details }),
    ...(current !== undefined && { current }),
  }
  return {
    status,
    type: 'application/problem+json',
    body: JSON.stringify(body),
    headers: refusalHeaders(status, refused),
  }
}
