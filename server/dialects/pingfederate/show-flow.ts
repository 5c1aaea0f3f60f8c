import { toPageView } from '../../challenge/views.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { readSurroundings, toAuthenticationView } from '../../mfa/authentication/authentication-view.ts'
import { memoOf } from '../../mfa/authentication/find-begun.ts'
import { type CodeChallenge, isCode } from '../../mfa/authentication-codes/authentication-code.ts'
import { showAuthenticationCode } from '../../mfa/authentication-codes/manage-authentication-codes.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { TYPE_NAMES } from '../../mfa/users/type-names.ts'
import type { AuthenticationView, DeviceView } from '../../protocol/mfa.ts'
import { failure } from './errors.ts'
import { type Flow, type FlowState, stateOf, statusOf } from './flow.ts'

/* What is undefined here is left out of the JSON. */

/** Where a flow stands. Changes nothing. */
export function showFlow(context: MfaContext, flow: Flow): Promise<FlowState> {
  const { challenge } = flow
  return isCode(challenge) ? showCode(context, flow, challenge) : showDevices(context, flow, challenge)
}

async function showDevices(context: MfaContext, flow: Flow, challenge: AuthenticatingChallenge): Promise<FlowState> {
  const { step } = challenge.authentication
  const surroundings = await readSurroundings(context, challenge)
  const view = toAuthenticationView(context, challenge, surroundings)
  const status = statusOf(flow, context.challenges.store.now())
  const { publicKeyCredentialRequestOptions: options, error } = view
  const isCodeApp = step.device?.type === 'TOTP' && error?.code === 'OTP_ATTEMPTS_LIMIT'
  const why = isCodeApp ? 'TOTP_ATTEMPTS_LIMIT' : (error?.code ?? view.status)
  const hasDevices = status !== 'AUTHENTICATION_REQUIRED' && 'device.select' in view._links
  const members = {
    user: { ...view.user, username: memoOf(challenge).username },
    ...(hasDevices && { ...devicesOf(view), userSelectedDefault: surroundings.user.isOrdered }),
    ...(status === 'PUSH_CONFIRMATION_WAITING' && { number: numberOf(context, flow) }),
    publicKeyCredentialRequestOptions: options === undefined ? undefined : JSON.parse(options),
    ...(status === 'MFA_FAILED' && failure(why)),
  }
  return stateOf(flow, status, members, challenge.complete ? undefined : view._links)
}

/** What a device is chosen from. Adding and removing them is the affair of the user's own pages. */
function devicesOf({ selectedDevice, _embedded }: AuthenticationView) {
  return {
    devices: _embedded.devices.map(toDevice),
    selectedDeviceRef: selectedDevice,
    changeDevicePermitted: true,
    manageDevicesAllowed: false,
    manualPairingPermitted: false,
  }
}

function toDevice({ id, type, email, phone, nickname, displayName }: DeviceView) {
  const name = TYPE_NAMES[type]
  const pushEnabled = type === 'MOBILE' || type === 'DESKTOP'
  return { id, type, name, target: email ?? phone, nickname: nickname ?? displayName, usable: true, pushEnabled }
}

/** What the page shows and the phone's owner types: a flow's browser is that page. */
function numberOf({ challenges }: MfaContext, { challenge }: Flow): string | undefined {
  return toPageView(challenge, challenges.store.now()).number
}

async function showCode(context: MfaContext, flow: Flow, challenge: CodeChallenge): Promise<FlowState> {
  const { status: engineStatus, code, uri, expiresAt, user } = await showAuthenticationCode(context, challenge)
  const status = statusOf(flow, context.challenges.store.now())
  const why = challenge.reason === 'number_mismatch' ? 'NUMBER_ATTEMPTS_LIMIT' : engineStatus
  return stateOf(flow, status, {
    // Whoever has claimed it is nobody's affair before they have approved it.
    ...(status === 'MFA_COMPLETED' && { user }),
    ...(engineStatus === 'UNCLAIMED' && { authenticationCode: { code, uri, expiresAt } }),
    ...(engineStatus === 'CLAIMED' && { number: numberOf(context, flow) }),
    ...(status === 'MFA_FAILED' && failure(why)),
  })
}
