import type { MfaContext } from '../context.ts'
import { isCompatible } from '../fido/compatibility.ts'
import { invalidValue, refusal } from '../mfa-error.ts'
import { parse } from '../parse.ts'
import { devicePolicies } from '../policies.ts'
import { isLocked, toRefusal } from '../users/attempt.ts'
import { type Device, isContact, isPhone } from '../users/device.ts'
import { readUser } from '../users/user.ts'
import { askDevice } from './ask-device.ts'
import {
  type AuthenticatingChallenge,
  type Authentication,
  advanced,
  CANCEL_REASONS,
  type CancelReason,
  isOpenToChoice,
  type OneTimeDevice,
} from './authentication.ts'
import { cancellation, selection } from './authentication-body.ts'
import { namedDevice, usableDevices } from './choose-device.ts'
import { getOpenAuthentication, moveAuthentication } from './move-authentication.ts'

/** Device Selection: asks another device, or the same one again. */
export async function selectDevice(context: MfaContext, id: string, body: unknown): Promise<AuthenticatingChallenge> {
  const wanted = parse(selection, body)
  const challenge = await getOpenAuthentication(context, id)
  const { kept } = challenge.authentication
  const [user, policy] = await Promise.all([
    readUser(context, kept.user),
    devicePolicies.getOrDefault(context, kept.policy),
  ])
  const usable = usableDevices(context, user, policy, kept)
  const device = namedDevice(context, user, usable, wanted.device.id, 'device.id')
  if (!isCompatible(device, wanted.compatibility)) throw invalidValue('device.id', 'It is outside of compatibility.')
  return askDevice(context, challenge, device, { compatibility: wanted.compatibility })
}

/** Sends a new code, or a new push, to the device that was selected; the one before is dead. */
export async function resendCode(context: MfaContext, id: string): Promise<AuthenticatingChallenge> {
  const challenge = await getOpenAuthentication(context, id)
  const { kept, step } = challenge.authentication
  const user = await readUser(context, kept.user)
  const device: Device | OneTimeDevice | undefined =
    kept.oneTime ?? user.devices.find((each) => each.id === kept.device && (isContact(each) || isPhone(each)))
  const isWaiting = step.status === 'OTP_REQUIRED' || step.status === 'PUSH_CONFIRMATION_REQUIRED'
  if (!isWaiting || !device) {
    throw refusal('INVALID_REQUEST', 'INVALID_ACTION', 'There is nothing to be sent anew.', { target: 'action' })
  }
  const now = context.challenges.store.now()
  if ('lock' in device && !isPhone(device) && isLocked(device, now))
    throw toRefusal({ outcome: 'locked', until: device.lock.until }, now)
  return askDevice(context, challenge, device)
}

/** No device is chosen, and none is asked anything. */
const NOTHING = { device: undefined, oneTime: undefined, code: undefined, assertion: undefined }

/**
 * Cancel Device Authentication. Where another way may be tried, changing or adding a device is no end.
 * @param ended what is done about one that is over already
 */
export async function cancelAuthentication(
  context: MfaContext,
  id: string,
  body: unknown,
  ended?: 'refused' | 'whatever it is',
): Promise<AuthenticatingChallenge> {
  const cancelReason = reasonOf(parse(cancellation, body).reason)
  const cancelled = (current: Authentication) => {
    const mayChoose = current.kept.retryable && isOpenToChoice(current.kept, current.step.status)
    const goesOn = mayChoose && (cancelReason === 'CHANGE_DEVICE' || cancelReason === 'ADD_DEVICE')
    if (goesOn) {
      const kept = { ...current.kept, ...NOTHING, cancelReason }
      return { part: { step: { status: 'DEVICE_SELECTION_REQUIRED' as const }, kept } }
    }
    const part = advanced(current, {
      step: { status: 'CANCELLED' },
      kept: { cancelReason, code: undefined, assertion: undefined, picture: undefined },
    })
    return { part, end: 'cancelled' as const }
  }
  return moveAuthentication(context, id, cancelled, ended)
}

/** Seed 001: anything else is DEFAULT. */
function reasonOf(given: unknown): CancelReason {
  return CANCEL_REASONS.find((reason) => reason === given) ?? 'DEFAULT'
}
