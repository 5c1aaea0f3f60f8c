import type { AuthenticationCodeStatus, AuthenticationStatus } from '../../protocol/mfa.ts'

/** Where a flow can stand, and what may be done there; where the engine has its say, only what it allows, too. */
export const ACTIONS = {
  AUTHENTICATION_REQUIRED: ['authenticate', 'cancelAuthentication'],
  DEVICE_SELECTION_REQUIRED: ['selectDevice', 'cancelAuthentication'],
  OTP_REQUIRED: ['checkOtp', 'resendOtp', 'selectDevice', 'cancelAuthentication'],
  PUSH_CONFIRMATION_WAITING: ['poll', 'checkOtp', 'selectDevice', 'cancelAuthentication'],
  PUSH_CONFIRMATION_TIMED_OUT: ['selectDevice', 'cancelAuthentication'],
  PUSH_CONFIRMATION_REJECTED: ['selectDevice', 'cancelAuthentication'],
  ASSERTION_REQUIRED: ['checkAssertion', 'selectDevice', 'cancelAuthentication'],
  AUTHENTICATION_CODE_RESPONSE_REQUIRED: ['poll', 'cancelAuthentication'],
  MFA_COMPLETED: ['continueAuthentication'],
  MFA_FAILED: ['continueAuthentication', 'cancelAuthentication'],
  RESUME: [],
  CANCELED: [],
} as const satisfies Record<string, readonly string[]>

export type FlowStatus = keyof typeof ACTIONS
export type FlowAction = (typeof ACTIONS)[FlowStatus][number]

export const STATUS = {
  AUTHENTICATION_REQUIRED: 'AUTHENTICATION_REQUIRED',
  DEVICE_SELECTION_REQUIRED: 'DEVICE_SELECTION_REQUIRED',
  OTP_REQUIRED: 'OTP_REQUIRED',
  PUSH_CONFIRMATION_REQUIRED: 'PUSH_CONFIRMATION_WAITING',
  PUSH_CONFIRMATION_TIMED_OUT: 'PUSH_CONFIRMATION_TIMED_OUT',
  PUSH_CONFIRMATION_REJECTED: 'PUSH_CONFIRMATION_REJECTED',
  ASSERTION_REQUIRED: 'ASSERTION_REQUIRED',
  COMPLETED: 'MFA_COMPLETED',
  FAILED: 'MFA_FAILED',
  CANCELLED: 'CANCELED',
  TIMED_OUT: 'MFA_FAILED',
} as const satisfies Record<AuthenticationStatus, FlowStatus>

export const CODE_STATUS = {
  UNCLAIMED: 'AUTHENTICATION_CODE_RESPONSE_REQUIRED',
  CLAIMED: 'AUTHENTICATION_CODE_RESPONSE_REQUIRED',
  COMPLETED: 'MFA_COMPLETED',
  DENIED: 'MFA_FAILED',
  FAILED: 'MFA_FAILED',
  EXPIRED: 'MFA_FAILED',
} as const satisfies Record<AuthenticationCodeStatus, FlowStatus>

/** What the engine calls an action, if it has a word for it. */
export const ENGINE_ACTION: Partial<Record<FlowAction, string>> = {
  selectDevice: 'device.select',
  checkOtp: 'otp.check',
  resendOtp: 'otp.resend',
  checkAssertion: 'assertion.check',
  cancelAuthentication: 'cancel',
}

/** Where a page waits for somebody at a phone. Who polls late is told where that has led; where it is the page's turn, nobody polls. */
export const WAITING: readonly FlowStatus[] = ['PUSH_CONFIRMATION_WAITING', 'AUTHENTICATION_CODE_RESPONSE_REQUIRED']
const FIRST: readonly FlowStatus[] = ['AUTHENTICATION_REQUIRED', 'DEVICE_SELECTION_REQUIRED']
export const NOT_POLLED: readonly FlowStatus[] = [...FIRST, 'OTP_REQUIRED', 'ASSERTION_REQUIRED']
