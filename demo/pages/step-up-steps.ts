import type { StartedAuthenticator, StepUpAuthenticator, StepUpChallenge } from '../../client-sdk/index.ts'
import type { AuthenticationStatus, DeviceType } from '../../server/protocol/mfa.ts'
import type { Step, Way } from '../bank/bank-api.ts'
import { canUsePasskeys } from './passkeys.ts'

const DEVICES: Readonly<Record<string, DeviceType>> = {
  push: 'MOBILE',
  email: 'EMAIL',
  sms: 'SMS',
  voice: 'VOICE',
  totp: 'TOTP',
  oathToken: 'OATH_TOKEN',
  yubikey: 'YUBIKEY',
  securityKey: 'FIDO2',
  biometric: 'FIDO2',
}

/** What a way is called that its owner has not named: this page has its own words for it. */
const UNNAMED = ['Authenticator app', 'Passkey']

/** The ways there are to approve, of those that work here. */
export function waysOf({ _embedded }: StepUpChallenge): readonly Way[] {
  return _embedded.authenticators.map(toWay).filter(({ type }) => type !== 'FIDO2' || canUsePasskeys())
}

/** How far it has come, once a way has been begun or tried. */
export function toStep(authenticator: StartedAuthenticator, ways: readonly Way[]): Step {
  const { _id: device, publicKeyCredentialRequestOptions: options } = authenticator
  return {
    status: statusOf(authenticator),
    device,
    ways,
    ...(options && { passkeyOptions: JSON.stringify(options) }),
  }
}

function toWay({ _id: id, type, label }: StepUpAuthenticator): Way {
  return { id, type: DEVICES[type] ?? 'TOTP', ...(!UNNAMED.includes(label) && { name: label }) }
}

function statusOf(authenticator: StepUpAuthenticator): AuthenticationStatus {
  if (authenticator.state === 'verified') return 'COMPLETED'
  const { type } = toWay(authenticator)
  if (type === 'MOBILE') return 'PUSH_CONFIRMATION_REQUIRED'
  return type === 'FIDO2' ? 'ASSERTION_REQUIRED' : 'OTP_REQUIRED'
}
