import { randomUUID } from 'node:crypto'
import { HubError } from '../../errors.ts'
import type { Answer } from '../../http/endpoint.ts'
import { refusalHeaders } from '../../http/refusal-headers.ts'
import { MfaError, toMfaError } from '../../mfa/mfa-error.ts'
import { MFA_STATUS, type MfaCode, type MfaDetailCode } from '../../protocol/mfa-errors.ts'

/** What is refused in words that the engine does not know, and their HTTP status. */
const OWN_STATUS = {
  challengeNotFound: 404,
  authenticatorNotFound: 404,
  noSuchDevice: 404,
  challengedExpired: 409,
  challengedNotVerified: 409,
  challengedAlreadyRedeemed: 409,
  redeemChallengeConflict: 409,
  noAuthenticators: 409,
  authenticatorAttemptsExceeded: 409,
  authenticatorNotCompletable: 409,
  invalidAuthenticatorState: 409,
  invalidAuthenticatorAttributes: 422,
} as const

type OwnType = keyof typeof OWN_STATUS

/** Thrown where it takes more than the engine's word to say what is wrong. */
export class Refused extends HubError {
  override readonly name = 'Refused'
  readonly type: OwnType

  constructor(type: OwnType, message: string) {
    super('invalid_request', message)
    this.type = type
  }
}

/** Why the engine refuses, where that has a word of its own. */
const BY_DETAIL: Partial<Record<MfaDetailCode, OwnType>> = {
  NO_USABLE_DEVICES: 'noAuthenticators',
  MFA_DISABLED: 'noAuthenticators',
  DEVICE_NOT_ACTIVE: 'noSuchDevice',
  DEVICE_TYPE_DISABLED: 'authenticatorNotCompletable',
  // Of a creation that is repeated: whoever proves something is told how it ended.
  AUTHENTICATION_COMPLETE: 'challengeNotFound',
  INVALID_ACTION: 'invalidAuthenticatorState',
  INVALID_OTP: 'invalidAuthenticatorAttributes',
  OTP_EXPIRED: 'invalidAuthenticatorAttributes',
  OTP_REUSED: 'invalidAuthenticatorAttributes',
  OATH_RESYNC_REQUIRED: 'invalidAuthenticatorAttributes',
  INVALID_ASSERTION: 'invalidAuthenticatorAttributes',
  INVALID_ORIGIN: 'invalidAuthenticatorAttributes',
  OTP_ATTEMPTS_LIMIT: 'authenticatorAttemptsExceeded',
  DEVICE_LOCKED: 'authenticatorAttemptsExceeded',
}

const BY_CODE = {
  INVALID_DATA: 'invalidRequest',
  INVALID_REQUEST: 'invalidRequest',
  REQUEST_FAILED: 'requestFailed',
  INVALID_TOKEN: 'unauthorized',
  ACCESS_FAILED: 'accessDenied',
  NOT_FOUND: 'notFound',
  METHOD_NOT_ALLOWED: 'methodNotAllowed',
  CONFLICT: 'conflict',
  UNIQUENESS_VIOLATION: 'conflict',
  PAYLOAD_TOO_LARGE: 'payloadTooLarge',
  IDEMPOTENCY_KEY_REUSED: 'idempotencyKeyReused',
  REQUEST_LIMITED: 'tooManyRequests',
  UNEXPECTED_ERROR: 'internalError',
  UNAVAILABLE: 'serviceUnavailable',
} as const satisfies Record<MfaCode, string>

/** How whatever goes wrong below the dialect's path is told. */
export function tell(error: HubError): Answer {
  const mfa = toMfaError(error)
  const [first] = mfa.details
  const own = error instanceof Refused ? error.type : ownTypeOf(error, first?.code)
  const statusCode = own ? OWN_STATUS[own] : MFA_STATUS[mfa.mfa]
  const attemptsRemaining = first?.innerError?.attemptsRemaining
  const message = own ? mfa.message : withFields(mfa)
  return {
    status: statusCode,
    body: errorBody(statusCode, own ?? BY_CODE[mfa.mfa], message, {
      ...(attemptsRemaining !== undefined && { attributes: { attemptsRemaining } }),
    }),
    headers: refusalHeaders(statusCode, error),
  }
}

function errorBody(statusCode: number, type: string, message: string, more: object): object {
  return { _error: { _id: randomUUID(), statusCode, type, message, occurredAt: new Date().toISOString(), ...more } }
}

function ownTypeOf(error: HubError, code: MfaDetailCode | undefined): OwnType | undefined {
  if (!(error instanceof MfaError)) return undefined
  // Whatever the engine does not find here is a challenge.
  return error.mfa === 'NOT_FOUND' ? 'challengeNotFound' : code && BY_DETAIL[code]
}

/** Every wrong field, by its name. */
function withFields({ message, details }: MfaError): string {
  const wrong = details.flatMap(({ target, message: why }) => (target === undefined ? [] : [`${target}: ${why}`]))
  return wrong.length === 0 ? message : wrong.join(' ')
}
