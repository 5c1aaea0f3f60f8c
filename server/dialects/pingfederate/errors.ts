import { HubError } from '../../errors.ts'
import type { Answer } from '../../http/endpoint.ts'
import { refusalHeaders } from '../../http/refusal-headers.ts'
import { MfaError, toMfaError } from '../../mfa/mfa-error.ts'
import type { DeviceType } from '../../protocol/mfa.ts'
import { MFA_STATUS, type MfaDetail } from '../../protocol/mfa-errors.ts'
import { DETAIL, DETAILS, type DetailCode, ERROR, ERRORS, type ErrorCode, isDetail } from './error-words.ts'

/** One thing that is wrong. */
interface Detail {
  readonly code: DetailCode
  readonly message: string
  readonly target?: string | undefined
  readonly attemptsRemaining?: number | undefined
}

/** Thrown where this API has a word for what is wrong, and the engine has none. */
export class FlowError extends HubError {
  readonly details: readonly Detail[]

  constructor(message: string, details: readonly Detail[]) {
    super('invalid_request', message)
    this.details = details
  }
}

/** Its owner wants to be left alone: that is nobody's affair in front of the page. */
const SILENT = 'The phone can not be asked at the moment.'

/** How calls are refused: any error, in this API's words and no others. */
export function tell(given: HubError): Answer {
  const isSilent = given.code === 'approver_silenced'
  const error = isSilent ? new FlowError(SILENT, [{ code: 'PUSH_FAILED', message: SILENT }]) : given
  const { status, code, details } = translated(error)
  const body = {
    code,
    message: error.detail,
    userMessage: details[0] ? DETAILS[details[0].code][1] : ERRORS[code],
    details: details.map((detail) => ({ ...detail, userMessage: DETAILS[detail.code][1] })),
  }
  return { status, body, headers: refusalHeaders(status, error) }
}

function translated(error: HubError): { status: number; code: ErrorCode; details: readonly Detail[] } {
  const { mfa, details: engineDetails } = toMfaError(error)
  const details = error instanceof FlowError ? error.details : engineDetails.flatMap(toDetail)
  const [first] = details
  const isNotNow = NOT_NOW.includes(engineDetails[0]?.code)
  const code = first ? DETAILS[first.code][0] : isNotNow ? 'INVALID_ACTION_ID' : ERROR[mfa]
  return { status: first || code === 'INVALID_ACTION_ID' ? 400 : MFA_STATUS[mfa], code, details }
}

/** What was selected has been removed: there is nothing left to be done with it. */
const NOT_NOW: readonly (MfaDetail['code'] | undefined)[] = ['INVALID_ACTION', 'DEVICE_NOT_ACTIVE']

function toDetail({ code: engineCode, message, target: engineTarget = '', innerError }: MfaDetail): Detail[] {
  const target = engineTarget.replace(/^device\b/, 'deviceRef')
  const code = ONE_WORD.get(target) ?? DETAIL[engineCode] ?? engineCode
  // The others are nothing that flows know of.
  if (!isDetail(code)) return []
  // What failed is no field's affair.
  const field = DETAILS[code][0] === 'VALIDATION_ERROR' ? target : undefined
  return [{ code, message, target: field, attemptsRemaining: innerError?.attemptsRemaining }]
}

/** The same refusal, of a code from this type of device. */
export function toldOfType(type: DeviceType | undefined, error: unknown): unknown {
  const isSpent = error instanceof MfaError && error.details[0]?.code === 'OTP_ATTEMPTS_LIMIT'
  if (!isSpent || type !== 'TOTP') return error
  return new FlowError(error.detail, [{ code: 'TOTP_ATTEMPTS_LIMIT', message: error.detail }])
}

/** Fields whose every fault has one word. */
const ONE_WORD: ReadonlyMap<string, DetailCode> = new Map([
  ['deviceRef.id', 'INVALID_DEVICE'],
  ['mobilePayload', 'INVALID_MOBILE_PAYLOAD'],
])

/** Why a flow has failed. @param why in the engine's words: its error, or else its status */
export function failure(why: string) {
  const code = why === 'EXPIRED' ? 'TIMED_OUT' : why
  const message = isDetail(code) ? DETAILS[code][1] : ERRORS.REQUEST_FAILED
  return { code: isDetail(code) ? code : 'REQUEST_FAILED', message, userMessage: message }
}
