import { demandTestModeAllowed, type MfaContext } from '../context.ts'
import { isFidoType } from '../fido/fido-device.ts'
import { newFidoDevice } from '../fido/new-fido-device.ts'
import { type RelyingParty, relyingPartyOf } from '../fido/relying-party.ts'
import { idOfNew, type Repeatable } from '../idempotency.ts'
import { countForAll, type Notice, prepareNotice, sendCode } from '../notifications/notify.ts'
import { countSent } from '../notifications/quota.ts'
import { assignToken, type OathToken, releaseTokens } from '../oath/oath-tokens.ts'
import { CODE_DIGITS, countSend, newSentCode } from '../otp/sent-code.ts'
import { newTotpSecret } from '../otp/totp.ts'
import { addPairingKey } from '../pairing/manage-pairing-keys.ts'
import type { PairingKey } from '../pairing/pairing-key.ts'
import { parse, toMilliseconds } from '../parse.ts'
import { type DevicePolicy, wantedPolicy } from '../policies.ts'
import { readSettings } from '../settings.ts'
import { publicIdOf } from '../yubikey/key-otp.ts'
import { giveKey, releaseKey } from '../yubikey/keys.ts'
import { demandTypeAllowed, pairingOf, policyFor } from './codes.ts'
import { type ContactDevice, type Device, isActive, isContactType, isPhone, UNLOCKED } from './device.ts'
import { type NewDevice, newDevice } from './device-body.ts'
import { changeUser, demandRoom, readUser, type User, withChangedDevice, withDevice } from './user.ts'

/** A device, and what only whoever made it is told. */
export interface CreatedDevice {
  readonly device: Device
  /** In test mode: the code. */
  readonly otp?: string | undefined
  /** What a phone has to claim. */
  readonly pairingKey?: PairingKey | undefined
}

/** Adds a device to a user, and sends the code that activates it. */
export async function createDevice(
  context: MfaContext,
  userId: string,
  body: unknown,
  repeatable?: Repeatable,
): Promise<CreatedDevice> {
  const wanted = parse(newDevice, body)
  demandTestModeAllowed(context, wanted)
  const [policy, settings] = await Promise.all([policyOf(context, wanted), readSettings(context)])
  const rp = isFidoType(wanted.type) ? relyingPartyOf(context, policy, wanted.rp) : undefined
  const notice = await noticeOf(context, wanted, policy)
  const id = await idOfNew(
    context,
    repeatable,
    { userId, wanted },
    {
      hasGone: async (gone) => (await readUser(context, userId)).deleted?.some((each) => each.id === gone) ?? false,
    },
  )
  const otp = notice && context.challenges.random.digits(CODE_DIGITS)
  if (notice && !wanted.testMode) await countForAll(context, notice)
  const token =
    wanted.serialNumber === undefined
      ? undefined
      : await assignToken(context, wanted.serialNumber, { user: userId, device: id })
  if (wanted.otp !== undefined) await giveKey(context, wanted.otp, { user: userId, device: id })
  const created = await changeUser(context, userId, (user, now) => {
    const first = user.devices.find((device) => device.id === id)
    if (first) return { result: { device: first, isNew: false } }
    demandRoom(user, settings)
    const device = newDeviceOf(context, { id, userId, user, wanted, policy, token, rp, notice, otp, now })
    const counted = notice && !wanted.testMode ? counting(user, notice, now) : user
    const mfaEnabled = user.mfaEnabled || (isActive(device) && settings.pairing.enableMfaOnActivation)
    return { next: { ...withDevice(counted, device), mfaEnabled }, result: { device, isNew: true } }
  }).catch(async (error: unknown) => {
    // No device came to be.
    if (token) await releaseTokens(context, [{ token: token.id, device: id, state: token.state }])
    if (wanted.otp !== undefined) await releaseKey(context, publicIdOf(wanted.otp), { device: id })
    throw error
  })
  if (isPhone(created.device) && !isActive(created.device)) {
    const wantedKey = { id, applications: [], device: id }
    return { device: created.device, pairingKey: await addPairingKey(context, userId, wantedKey) }
  }
  if (!notice || otp === undefined || !created.isNew) return { device: created.device }
  if (wanted.testMode) return { device: created.device, otp }
  return { device: await send(context, userId, created.device as ContactDevice, notice, otp) }
}

/** Sends a code to a device, and keeps with it how that went. */
export async function send(
  context: MfaContext,
  userId: string,
  device: ContactDevice,
  notice: Notice,
  otp: string,
): Promise<Device> {
  const notified = await sendCode(context, notice, otp)
  if (notified === device.notified) return device
  return changeUser(context, userId, (user) => {
    const now = user.devices.find(({ id }) => id === device.id) as ContactDevice | undefined
    // Deleted while the carrier was being talked to.
    if (!now) return { result: { ...device, notified } }
    const told = { ...now, notified }
    return { next: withChangedDevice(user, told), result: told }
  })
}

/** One more message to this user; throws when there are too many today. */
export function counting(user: User, { policy, addressee }: Notice, now: number): User {
  return { ...user, sentToday: countSent(user.sentToday, policy, 'USER', addressee.method, now) }
}

async function policyOf(context: MfaContext, wanted: NewDevice): Promise<DevicePolicy> {
  const policy = await wantedPolicy(context, wanted)
  demandTypeAllowed(context, policy, wanted.type, 'type')
  return policy
}

/** What has to be sent; undefined: nothing. */
async function noticeOf(
  context: MfaContext,
  wanted: NewDevice,
  devicePolicy: DevicePolicy,
): Promise<Notice | undefined> {
  const { type, status, notification: wish, userAgent } = wanted
  if (!isContactType(type) || status === 'ACTIVE') return undefined
  const addressee = { method: type, to: addressOf(wanted), extension: wanted.extension }
  const lifeMs = toMilliseconds(policyFor(devicePolicy, type).otp.lifeTime)
  return prepareNotice(context, { addressee, wish, template: 'device_pairing', devicePolicy, lifeMs, userAgent })
}

function addressOf({ email, phone }: NewDevice): string {
  return email ?? phone ?? ''
}

interface Ingredients {
  readonly id: string
  readonly userId: string
  readonly user: User
  readonly wanted: NewDevice
  readonly policy: DevicePolicy
  readonly token: OathToken | undefined
  readonly rp: RelyingParty | undefined
  /** What is sent to it, and how long that is good for; undefined: nothing. */
  readonly notice: Notice | undefined
  readonly otp: string | undefined
  readonly now: number
}

function newDeviceOf(context: MfaContext, ingredients: Ingredients): Device {
  const { id, userId, user, wanted, policy, token, rp, notice, otp, now } = ingredients
  const { type, status, nickname, userAgent, extension, otp: typed } = wanted
  const device = {
    id,
    status,
    policy: policy.id,
    ...(nickname !== undefined && { nickname }),
    ...(userAgent !== undefined && { userAgent }),
    createdAt: now,
    updatedAt: now,
    lock: UNLOCKED,
  }
  if (type === 'MOBILE' || type === 'DESKTOP') return { ...device, type }
  if (type === 'TOTP') return { ...device, type, secret: newTotpSecret(), lastStep: 0 }
  if (type === 'OATH_TOKEN') {
    if (!token) throw new Error('a token without a serial number')
    return { ...device, type, token: token.id, serialNumber: token.serialNumber, oath: token.state }
  }
  if (isFidoType(type)) {
    if (!rp) throw new Error('a FIDO device without a relying party')
    const { random } = context.challenges
    return newFidoDevice({ device: { ...device, type }, userId, user, rp, policy, random })
  }
  if (type === 'YUBIKEY') {
    if (typed === undefined) throw new Error('a key without a code')
    return { ...device, type, status: 'ACTIVE', serialNumber: publicIdOf(typed) }
  }
  const contact = { ...device, type, address: addressOf(wanted), ...(extension !== undefined && { extension }) }
  if (!notice || otp === undefined) return contact
  return {
    ...contact,
    code: newSentCode(context.otpKeys, pairingOf(id), otp, { now, lifeMs: notice.lifeMs }),
    sends: countSend(undefined, now),
    wish: wanted.notification,
    ...(wanted.testMode && { isTest: true }),
  }
}
