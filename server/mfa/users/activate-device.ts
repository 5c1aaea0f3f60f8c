import type { MfaContext } from '../context.ts'
import { activateFido, fidoToActivate } from '../fido/activate-fido.ts'
import { MfaError, refusal } from '../mfa-error.ts'
import { countForAll, prepareNotice } from '../notifications/notify.ts'
import { notification } from '../notifications/wish.ts'
import { CODE_DIGITS, countSend, newSentCode } from '../otp/sent-code.ts'
import { parse, toMilliseconds } from '../parse.ts'
import { devicePolicies } from '../policies.ts'
import { readSettings } from '../settings.ts'
import { alreadyActive } from './already-active.ts'
import { attempt, isLocked, toRefusal } from './attempt.ts'
import { failureRule, judgePairingCode, pairingOf, policyFor } from './codes.ts'
import { type CreatedDevice, counting, send } from './create-device.ts'
import { type Device, isActive, isContact, UNLOCKED } from './device.ts'
import { activation } from './device-body.ts'
import { deviceViewer } from './device-view.ts'
import { changeUser, deviceOf, readUser, withChangedDevice } from './user.ts'

/** Makes a device usable, by a code that it was sent or makes itself, or by what it signs. */
export async function activateDevice(
  context: MfaContext,
  userId: string,
  deviceId: string,
  body: unknown,
): Promise<Device> {
  const fido = await fidoToActivate(context, userId, deviceId)
  if (fido) return activateFido(context, userId, fido, body)
  const given = parse(activation, body)
  const [policies, settings, show] = await Promise.all([
    devicePolicies.all(context),
    readSettings(context),
    deviceViewer(context, userId),
  ])
  const tried = await changeUser<Device | MfaError>(context, userId, (user, now) => {
    const device = deviceOf(user, deviceId)
    if (isActive(device)) throw alreadyActive(show(device))
    const policy = policies.find(({ id }) => id === device.policy) ?? policies.find((each) => each.default)
    if (!policy) throw new Error('there is no default policy')
    const judged = judgePairingCode(context, device, given, now)
    const { lock, attempt: ended } = attempt(device.lock, judged.verdict, failureRule(policy, device.type), now)
    if (ended.outcome !== 'right') {
      const next = lock === device.lock ? user : withChangedDevice(user, { ...device, lock, updatedAt: now })
      return { next, result: toRefusal(ended, now) }
    }
    const active: Device = { ...judged.device, status: 'ACTIVE', lock, updatedAt: now }
    const mfaEnabled = user.mfaEnabled || settings.pairing.enableMfaOnActivation
    return { next: { ...withChangedDevice(user, active), mfaEnabled }, result: active }
  })
  // What a wrong code costs has been saved by now.
  if (tried instanceof MfaError) throw tried
  return tried
}

/** Sends a new code to a device that waits for one, in the words of the first; the one before is dead. */
export async function resendActivationCode(
  context: MfaContext,
  userId: string,
  deviceId: string,
): Promise<CreatedDevice> {
  const before = deviceOf(await readUser(context, userId), deviceId)
  if (isActive(before) || !isContact(before)) throw notWaitingForCode()
  const devicePolicy = await devicePolicies.getOrDefault(context, before.policy)
  const lifeMs = toMilliseconds(policyFor(devicePolicy, before.type).otp.lifeTime)
  const notice = await prepareNotice(context, {
    addressee: { method: before.type, to: before.address, extension: before.extension },
    wish: before.wish ?? parse(notification, {}),
    template: 'device_pairing',
    devicePolicy,
    lifeMs,
    userAgent: before.userAgent,
  })
  if (!before.isTest) await countForAll(context, notice)
  const otp = context.challenges.random.digits(CODE_DIGITS)
  const device = await changeUser(context, userId, (user, now) => {
    const found = deviceOf(user, deviceId)
    if (isActive(found) || !isContact(found)) throw notWaitingForCode()
    if (isLocked(found, now)) throw toRefusal({ outcome: 'locked', until: found.lock.until }, now)
    const sends = countSend(found.sends, now)
    const code = newSentCode(context.otpKeys, pairingOf(deviceId), otp, { now, lifeMs })
    const renewed = { ...found, code, sends, lock: UNLOCKED, updatedAt: now }
    const counted = found.isTest ? user : counting(user, notice, now)
    return { next: withChangedDevice(counted, renewed), result: renewed }
  })
  return device.isTest ? { device, otp } : { device: await send(context, userId, device, notice, otp) }
}

function notWaitingForCode() {
  return refusal('INVALID_REQUEST', 'INVALID_ACTION', 'This device does not wait for a code to be sent.', {
    target: 'action',
  })
}
