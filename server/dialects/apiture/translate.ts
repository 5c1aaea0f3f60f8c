import { stepOf } from '../../challenge/views.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { nameOf } from '../../mfa/authentication/authentication-view.ts'
import { masked } from '../../mfa/authentication/mask.ts'
import type { OfferedDevices } from '../../mfa/authentication/offered-devices.ts'
import { type Device, isContact } from '../../mfa/users/device.ts'
import type { AuthenticationStatus } from '../../protocol/mfa.ts'
import { type AuthenticatorType, typeOf } from './authenticator-types.ts'

export type AuthenticatorState = 'pending' | 'started' | 'verified' | 'failed' | 'expired'
export type ChallengeState = 'pending' | 'verified' | 'redeemed' | 'failed' | 'expired'

/** Of the authenticator that is at work. */
const AUTHENTICATOR_STATE = {
  AUTHENTICATION_REQUIRED: 'pending',
  DEVICE_SELECTION_REQUIRED: 'pending',
  OTP_REQUIRED: 'started',
  PUSH_CONFIRMATION_REQUIRED: 'started',
  PUSH_CONFIRMATION_TIMED_OUT: 'expired',
  PUSH_CONFIRMATION_REJECTED: 'failed',
  ASSERTION_REQUIRED: 'started',
  COMPLETED: 'verified',
  FAILED: 'failed',
  CANCELLED: 'failed',
  TIMED_OUT: 'expired',
} as const satisfies Record<AuthenticationStatus, AuthenticatorState>

/** Of a challenge that has ended with it; before, it is pending, whatever its authenticators are. */
const STATE_AT_END = {
  pending: 'failed',
  started: 'failed',
  verified: 'verified',
  failed: 'failed',
  expired: 'expired',
} as const satisfies Record<AuthenticatorState, ChallengeState>

export function statusOf(challenge: AuthenticatingChallenge): AuthenticationStatus {
  return stepOf(challenge, challenge.authentication.step).status
}

export function stateOf(challenge: AuthenticatingChallenge, isRedeemed: boolean): ChallengeState {
  const state = challenge.complete ? STATE_AT_END[AUTHENTICATOR_STATE[statusOf(challenge)]] : 'pending'
  return state === 'verified' && isRedeemed ? 'redeemed' : state
}

/** What there is to choose from, one of each type: the one that is at work, or the first in the user's order (seed 003). */
export function devicesShown({ usable, selected }: OfferedDevices): readonly Device[] {
  const byType = new Map<AuthenticatorType, Device>()
  for (const device of [...usable, ...(selected ? [selected] : [])]) {
    const type = typeOf(device.type)
    if (!byType.has(type) || device.id === selected?.id) byType.set(type, device)
  }
  return [...byType.values()]
}

export function toAuthenticator(challenge: AuthenticatingChallenge, device: Device) {
  const { name, category } = typeOf(device.type)
  const isAtWork = device.id === challenge.authentication.kept.device
  return {
    _id: device.id,
    type: name,
    category,
    state: isAtWork ? AUTHENTICATOR_STATE[statusOf(challenge)] : 'pending',
    label: labelOf(device),
    _links: { self: { href: `${hrefOf(challenge.id)}/authenticators/${device.id}` } },
  }
}

/** Enough to know one's own, and no more of an address. */
function labelOf(device: Device): string {
  if (isContact(device)) {
    return device.type === 'EMAIL' ? masked(device.address) : `*** *** ${device.address.slice(-4)}`
  }
  const name = nameOf(device)
  return name === device.type ? typeOf(device.type).label : name
}

export function toChallenge(challenge: AuthenticatingChallenge, offered: OfferedDevices, isRedeemed: boolean) {
  const { id, createdAt, expiresAt, authentication } = challenge
  const { user, memo } = authentication.kept
  return {
    _id: id,
    state: stateOf(challenge, isRedeemed),
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    userId: user,
    ...(memo?.operation !== undefined && { operation: memo.operation }),
    _embedded: { authenticators: devicesShown(offered).map((device) => toAuthenticator(challenge, device)) },
    _links: { self: { href: hrefOf(id) } },
  }
}

export function hrefOf(challenge: string): string {
  return `/auth/challenges/${challenge}`
}

/** What only whoever starts an authenticator is told: what a page hands to a passkey, or shows for a phone. */
export function startedWith({ authentication, numberMatching, asked }: AuthenticatingChallenge): object {
  const { assertion } = authentication.kept
  return {
    ...(assertion && { publicKeyCredentialRequestOptions: assertion }),
    ...(asked && numberMatching && { number: numberMatching.number }),
  }
}
