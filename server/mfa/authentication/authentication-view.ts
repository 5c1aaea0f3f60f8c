import type { Challenge } from '../../challenge/challenge.ts'
import { stepOf, toBackendView } from '../../challenge/views.ts'
import type { AuthenticationStatus, AuthenticationView, DeviceView } from '../../protocol/mfa.ts'
import type { MfaContext } from '../context.ts'
import { authenticatorName } from '../fido/authenticator-names.ts'
import { type DevicePolicy, devicePolicies } from '../policies.ts'
import { type Device, isContact, isPhone } from '../users/device.ts'
import { deviceViewerIn } from '../users/device-view.ts'
import { readUser, type User } from '../users/user.ts'
import { toIso } from '../views.ts'
import {
  type AuthenticatingChallenge,
  isOpenToChoice,
  type Kept,
  NOBODY,
  type OneTimeDevice,
} from './authentication.ts'
import { usableDevices } from './choose-device.ts'
import { masked } from './mask.ts'

/** What is shown beside a challenge. */
export interface Surroundings {
  readonly environment: string
  readonly user: User
  readonly policy: DevicePolicy
}

export async function readSurroundings(
  context: MfaContext,
  { authentication: { kept } }: AuthenticatingChallenge,
): Promise<Surroundings> {
  const [environment, user, policy] = await Promise.all([
    context.environment.id(),
    readUser(context, kept.user),
    devicePolicies.getOrDefault(context, kept.policy),
  ])
  return { environment, user, policy }
}

/** Shows an authentication as backends see it: what may be done next, and with which devices. */
export async function showAuthentication(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
): Promise<AuthenticationView> {
  return toAuthenticationView(context, challenge, await readSurroundings(context, challenge))
}

export function toAuthenticationView(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
  { environment, user, policy }: Surroundings,
): AuthenticationView {
  const { kept } = challenge.authentication
  const showDevice = deviceViewerIn(context, environment, kept.user)
  const { status } = stepOf(challenge, challenge.authentication.step)
  const devices = usableDevices(context, user, policy, kept).map((device) => maskedView(showDevice(device)))
  return {
    id: challenge.id,
    status,
    ...(kept.user !== NOBODY && { user: { id: kept.user } }),
    environment: { id: environment },
    policy: { id: kept.policy },
    ...(kept.application !== undefined && { application: { id: kept.application } }),
    ...selectedDevice(kept),
    authenticators: kept.authenticators,
    ...(status === 'ASSERTION_REQUIRED' && { publicKeyCredentialRequestOptions: JSON.stringify(kept.assertion) }),
    ...(kept.error && { error: kept.error }),
    ...(kept.cancelReason && { cancelReason: kept.cancelReason }),
    ...(toIso({
      createdAt: challenge.createdAt,
      updatedAt: updatedAt(challenge),
      expiresAt: challenge.expiresAt,
    }) as Times),
    _links: linksOf(challenge, status, kept, user),
    _embedded: { devices, challenge: toBackendView(challenge) },
  }
}

type Times = Pick<AuthenticationView, 'createdAt' | 'updatedAt' | 'expiresAt'>

function updatedAt({ createdAt, statusUpdatedAt, authentication }: AuthenticatingChallenge): number {
  return Math.max(authentication.kept.steppedAt ?? createdAt, statusUpdatedAt)
}

function selectedDevice({ device, oneTime }: Kept): Pick<AuthenticationView, 'selectedDevice'> {
  if (device !== undefined) return { selectedDevice: { id: device } }
  return oneTime ? { selectedDevice: { oneTime: { type: oneTime.type, ...contact(oneTime) } } } : {}
}

function contact({ type, address }: OneTimeDevice) {
  return type === 'EMAIL' ? { email: masked(address) } : { phone: masked(address) }
}

/** Whoever authenticates is not shown more of an address than it takes to know it. */
function maskedView(view: DeviceView): DeviceView {
  return {
    ...view,
    ...(view.email !== undefined && { email: masked(view.email) }),
    ...(view.phone !== undefined && { phone: masked(view.phone) }),
  }
}

/** What a waiting page calls a device. */
export function nameOf(device: Device | OneTimeDevice): string {
  if ('nickname' in device && device.nickname !== undefined) return device.nickname
  if ('phone' in device && device.phone) return device.phone.name
  if ('rp' in device) return authenticatorName(device)
  return 'address' in device ? masked(device.address) : device.type
}

const ACTIONS: Readonly<Record<AuthenticationStatus, readonly string[]>> = {
  AUTHENTICATION_REQUIRED: ['device.select', 'cancel'],
  DEVICE_SELECTION_REQUIRED: ['device.select', 'cancel'],
  OTP_REQUIRED: ['otp.check', 'otp.resend', 'device.select', 'cancel'],
  PUSH_CONFIRMATION_REQUIRED: ['otp.check', 'otp.resend', 'device.select', 'cancel'],
  // These are reached only where another way may be tried; otherwise they are the end.
  PUSH_CONFIRMATION_TIMED_OUT: ['device.select', 'cancel'],
  PUSH_CONFIRMATION_REJECTED: ['device.select', 'cancel'],
  ASSERTION_REQUIRED: ['assertion.check', 'device.select', 'cancel'],
  COMPLETED: [],
  FAILED: [],
  CANCELLED: [],
  TIMED_OUT: [],
}

/** Whether something can be sent anew: a code, or a push. */
function canResend({ device, oneTime }: Kept, { devices }: User): boolean {
  const selected = devices.find(({ id }) => id === device)
  return oneTime !== undefined || (selected !== undefined && (isContact(selected) || isPhone(selected)))
}

function linksOf(
  { id, complete }: Challenge,
  status: AuthenticationStatus,
  kept: Kept,
  user: User,
): AuthenticationView['_links'] {
  const self = { href: `/v1/deviceAuthentications/${id}` }
  const isPossible: Readonly<Record<string, boolean>> = {
    'otp.resend': canResend(kept, user) && !kept.isOneChance,
    'device.select': isOpenToChoice(kept, status),
  }
  const allowed = complete ? [] : ACTIONS[status]
  // A device that was removed proves nothing any more.
  const isGone = kept.device !== undefined && user.devices.every(({ id: each }) => each !== kept.device)
  const actions = allowed
    .filter((action) => !isGone || action === 'device.select' || action === 'cancel')
    .filter((action) => isPossible[action] ?? true)
  return {
    self,
    challenge: { href: `/v1/challenges/${id}` },
    ...Object.fromEntries(actions.map((action) => [action, self])),
  }
}
