import { stepOf, toPageView } from '../../challenge/views.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { readSurroundings, toAuthenticationView } from '../../mfa/authentication/authentication-view.ts'
import { memoOf } from '../../mfa/authentication/find-begun.ts'
import { type CodeChallenge, isCode } from '../../mfa/authentication-codes/authentication-code.ts'
import { showAuthenticationCode } from '../../mfa/authentication-codes/manage-authentication-codes.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { TYPE_NAMES } from '../../mfa/users/type-names.ts'
import type { AuthenticationView, DeviceView } from '../../protocol/mfa.ts'
import { failure } from './errors.ts'
import { type Flow, type FlowState, isPossible, stateOf, statusOf } from './flow.ts'

/* What is undefined here is left out of the JSON. */

/** Where a flow stands. Changes nothing. */
export function showFlow(context: MfaContext, flow: Flow): Promise<FlowState> {
  const { challenge } = flow
  return isCode(challenge) ? showCode(context, flow, challenge) : showDevices(context, flow, challenge)
}

async function showDevices(context: MfaContext, flow: Flow, challenge: AuthenticatingChallenge): Promise<FlowState> {
  const status = statusOf(flow, context.challenges.store.now())
  const user = { id: challenge.authentication.kept.user, username: memoOf(challenge).username }
  if (status === 'MFA_FAILED') return stateOf(flow, status, { user, ...failure(whyFailed(challenge)) })
  // Nothing is chosen yet, or any more.
  if (!isPossible(status, 'selectDevice')) return stateOf(flow, status, { user })
  const surroundings = await readSurroundings(context, challenge)
  const view = toAuthenticationView(context, challenge, surroundings)
  const { publicKeyCredentialRequestOptions: options } = view
  const members = {
    user,
    ...('device.select' in view._links && { ...devicesOf(view), userSelectedDefault: surroundings.user.isOrdered }),
    ...(status === 'PUSH_CONFIRMATION_WAITING' && { number: numberOf(context, flow) }),
    publicKeyCredentialRequestOptions: options === undefined ? undefined : JSON.parse(options),
  }
  return stateOf(flow, status, members, view._links)
}

function whyFailed(challenge: AuthenticatingChallenge): string {
  const { step, kept } = challenge.authentication
  const isCodeApp = step.device?.type === 'TOTP' && kept.error?.code === 'OTP_ATTEMPTS_LIMIT'
  return isCodeApp ? 'TOTP_ATTEMPTS_LIMIT' : (kept.error?.code ?? stepOf(challenge, step).status)
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
