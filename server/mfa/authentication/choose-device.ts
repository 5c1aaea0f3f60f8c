import type { MfaContext } from '../context.ts'
import { isAskable } from '../fido/is-askable.ts'
import { invalidValue, refusal } from '../mfa-error.ts'
import type { DevicePolicy } from '../policies.ts'
import type { MfaSettings } from '../settings.ts'
import { isLocked, toRefusal } from '../users/attempt.ts'
import { isUndeliverable, policyFor } from '../users/codes.ts'
import { type Device, isActive, isPhone } from '../users/device.ts'
import type { User } from '../users/user.ts'
import type { Kept } from './authentication.ts'
import type { Manner } from './manner.ts'

/** What an authentication says of the devices it may use. */
export type Offered = Pick<Kept, 'types' | 'application' | 'compatibility' | 'rpId'>

/** The devices that an authentication may use, in the user's order. */
export function usableDevices(
  context: MfaContext,
  user: User,
  policy: DevicePolicy,
  offered: Offered,
): readonly Device[] {
  const now = context.challenges.store.now()
  return user.devices.filter(
    (device) =>
      isActive(device) &&
      policyFor(policy, device.type).enabled &&
      !isUndeliverable(context, device.type) &&
      // Wrong codes lock codes: a phone can be asked all the same.
      (isPhone(device) || !isLocked(device, now)) &&
      (offered.types?.includes(device.type) ?? true) &&
      isOf(device, offered.application) &&
      isAskable(context, device, offered),
  )
}

/** Phones that were paired with another application are left out. */
function isOf(device: Device, application: string | undefined): boolean {
  return application === undefined || !isPhone(device) || device.phone?.application.id === application
}

/** The one a backend names. Throws when it can't be used, and says why. */
export function namedDevice(
  context: MfaContext,
  user: User,
  usable: readonly Device[],
  id: string,
  target: string,
): Device {
  const found = usable.find((device) => device.id === id)
  if (found) return found
  const device = user.devices.find((each) => each.id === id)
  const now = context.challenges.store.now()
  if (device && isLocked(device, now)) throw toRefusal({ outcome: 'locked', until: device.lock.until }, now)
  if (device && !isActive(device)) {
    throw refusal('REQUEST_FAILED', 'DEVICE_NOT_ACTIVE', 'The device has to be activated first.', { target })
  }
  throw invalidValue(target, 'Not one of the devices that may be selected.')
}

/** The one that policy and settings choose; undefined: the user is to be asked. Throws when there is none. */
export function chosenDevice(
  { isOrdered }: Pick<User, 'isOrdered'>,
  usable: readonly Device[],
  policy: DevicePolicy,
  settings: MfaSettings,
  { asksWhich = false }: Manner = {},
): Device | undefined {
  const [first, ...others] = usable
  if (!first) throw refusal('REQUEST_FAILED', 'NO_USABLE_DEVICES', 'The user has no device that can be used now.')
  if (asksWhich) return undefined
  const choice = policy.authentication.deviceSelection ?? settings.authentication.deviceSelection
  if (choice === 'ALWAYS_DISPLAY_DEVICES') return undefined
  if (others.length === 0) return first
  return choice === 'DEFAULT_TO_FIRST' && isOrdered ? first : undefined
}
