import type { AuthenticationStatus } from '../../protocol/mfa.ts'
import type { MfaContext } from '../context.ts'
import { checkAssertion } from '../fido/check-assertion.ts'
import { refusal } from '../mfa-error.ts'
import { type Device, isContact, isPhone } from '../users/device.ts'
import type { AuthenticatingChallenge } from './authentication.ts'
import { resendCode, selectDevice } from './change-authentication.ts'
import { checkOtp } from './check-otp.ts'

/* For whoever speaks of one device after another, and not of what an authentication waits for. */

/** Asks by this device; where that is done already, once more, if there is something to be sent. */
export async function askByDevice(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
  device: Device,
): Promise<AuthenticatingChallenge> {
  if (!isAtWork(challenge, device)) return select(context, challenge, device)
  return isContact(device) || isPhone(device) ? resendCode(context, challenge.id) : challenge
}

export type DeviceProof = { readonly code: string } | { readonly assertion: string; readonly origin: string }

/** Takes what is to prove it by this device. One that makes codes of its own need not have been asked. */
export async function proveByDevice(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
  device: Device,
  proof: DeviceProof,
): Promise<AuthenticatingChallenge> {
  if (!isAtWork(challenge, device)) {
    if (!('code' in proof && TYPED_UNASKED.includes(device.type))) throw notAsked()
    await select(context, challenge, device)
  }
  const { id } = challenge
  return 'code' in proof ? checkOtp(context, id, { otp: proof.code }) : checkAssertion(context, id, proof)
}

const TYPED_UNASKED: readonly Device['type'][] = ['TOTP', 'OATH_TOKEN', 'YUBIKEY']
const WORKING: readonly AuthenticationStatus[] = ['OTP_REQUIRED', 'PUSH_CONFIRMATION_REQUIRED', 'ASSERTION_REQUIRED']

function isAtWork({ authentication: { step, kept } }: AuthenticatingChallenge, { id }: Device): boolean {
  return kept.device === id && WORKING.includes(step.status)
}

function select(context: MfaContext, { id }: AuthenticatingChallenge, device: Device) {
  return selectDevice(context, id, { device: { id: device.id } })
}

function notAsked() {
  return refusal('INVALID_REQUEST', 'INVALID_ACTION', 'This device has to be asked first.', { target: 'action' })
}
