import { z } from 'zod'
import { isSignedBy, publicKey, thumbprintOf } from '../../auth/device-signature.ts'
import { pairDevice, unpairDevices } from '../../challenge/approver.ts'
import { claimText } from '../../protocol/statement.ts'
import { applications } from '../applications.ts'
import type { MfaContext } from '../context.ts'
import { MfaError, notFound, refusal } from '../mfa-error.ts'
import { newTotpSecret } from '../otp/totp.ts'
import { id, parse, text, toMilliseconds } from '../parse.ts'
import { devicePolicies } from '../policies.ts'
import { type MfaSettings, readSettings } from '../settings.ts'
import { asMade } from '../unmistakable.ts'
import { demandTypeAllowed } from '../users/codes.ts'
import { type Device, isPhone, type Phone, type PhoneDevice, UNLOCKED } from '../users/device.ts'
import {
  changeUser,
  demandRoom,
  type PairedPhone,
  readUser,
  type User,
  withChangedDevice,
  withDevice,
} from '../users/user.ts'
import { type DeviceToken, issueDeviceToken, rememberOwner } from './device-token.ts'
import { findLead } from './manage-pairing-keys.ts'
import { isUnclaimed, type PairingKey } from './pairing-key.ts'
import { pushTarget } from './push-target.ts'

const claim = z.strictObject({
  code: z.string().max(100).transform(asMade),
  publicKey,
  /** By that key, over code and key (`claimText`): base64url. */
  signature: z.string().max(200),
  device: z.strictObject({
    name: text(100),
    os: z.strictObject({ type: text(50), version: text(50).optional() }).optional(),
    model: z.strictObject({ name: text(100), marketingName: text(100).optional() }).optional(),
    application: z.strictObject({ id, nativeName: text(256).optional(), version: text(50).optional() }),
    push: pushTarget.optional(),
  }),
})

type Claim = z.output<typeof claim>

/** A phone that has become a device of somebody's. */
export interface ClaimedPairing extends DeviceToken {
  readonly user: string
  readonly device: PairedPhone
}

/**
 * A phone has read a pairing key off a screen, made a key pair, and proves that it holds it. The device is made, or
 * activated, in the user's document, and its key is good from then on; whoever says the same again is told the same.
 */
export async function claimPairingKey(context: MfaContext, body: unknown): Promise<ClaimedPairing> {
  const said = parse(claim, body)
  const thumbprint = thumbprintOf(said.publicKey)
  if (!isSignedBy(said.publicKey, claimText(said.code, thumbprint), said.signature)) {
    throw refusal('REQUEST_FAILED', 'FOREIGN_KEY', 'The signature is not by this key, over this code.', {
      target: 'signature',
    })
  }
  const lead = await findLead(context, said.code)
  // Used, expired and unknown alike: whoever guesses learns nothing.
  if (!lead) throw notFound()
  const [settings, policy, known] = await Promise.all([
    readSettings(context),
    devicePolicies.get(context, 'default'),
    applications.all(context),
  ])
  demandTypeAllowed(context, policy, 'MOBILE', 'code')
  const isKnown = known.some((application) => application.id === said.device.application.id)
  const period = toMilliseconds(policy.mobile.otp.window.stepSize) / 1_000
  const claimed = await changeUser<PhoneDevice | MfaError>(context, lead.user, (user, now) => {
    const key = user.pairingKeys?.find((each) => each.id === lead.key)
    // A key that was made anew under the same id has another code.
    if (key?.code !== said.code) throw notFound()
    const before = user.devices.find((device) => device.id === key.device)
    if (before && isPairedWith(before, thumbprint)) return { result: before as PhoneDevice }
    if (!isUnclaimed(key, now)) throw notFound()
    if (!isKnown || !isFor(key, said)) return refuse(user, key, now)
    return pair(user, { key, said, policy: policy.id, period, settings, now })
  })
  if (claimed instanceof MfaError) throw claimed
  const device = claimed as PairedPhone
  await rememberOwner(context, device.id, lead.user)
  await pairDevice(context.challenges, lead.user, { id: device.id, publicKey: said.publicKey, thumbprint })
  await demandStillThere(context, lead.user, device.id)
  return { user: lead.user, device, ...issueDeviceToken(context, lead.user, { id: device.id, thumbprint }) }
}

/** Whoever deletes a device cuts it off once it is gone; here it is looked at once its key is good: one of both sees it. */
async function demandStillThere(context: MfaContext, user: string, device: string): Promise<void> {
  if ((await readUser(context, user)).devices.some(({ id: each }) => each === device)) return
  await unpairDevices(context.challenges, user, [device])
  throw notFound()
}

/** Said again by the very phone that has been paired. */
function isPairedWith(device: Device, thumbprint: string): boolean {
  return isPhone(device) && device.phone !== undefined && thumbprintOf(device.phone.publicKey) === thumbprint
}

function isFor({ applications: allowed }: PairingKey, { device }: Claim): boolean {
  return allowed.length === 0 || allowed.includes(device.application.id)
}

const NOT_ALLOWED = { code: 'APPLICATION_NOT_ALLOWED', message: 'This pairing key is for other applications.' } as const

function refuse(user: User, key: PairingKey, now: number) {
  const failed = { ...key, status: 'FAILED', error: NOT_ALLOWED, updatedAt: now } as const
  const { code, message } = NOT_ALLOWED
  return {
    next: withKey(user, failed),
    result: refusal('REQUEST_FAILED', code, message, { target: 'device.application.id' }),
  }
}

interface Pairing {
  readonly key: PairingKey
  readonly said: Claim
  readonly policy: string
  /** Of the codes it makes. Seconds. */
  readonly period: number
  readonly settings: MfaSettings
  readonly now: number
}

function pair(user: User, { key, said, policy, period, settings, now }: Pairing) {
  const { publicKey, device: described } = said
  const phone: Phone = { ...described, publicKey, secret: newTotpSecret(), period, lastStep: 0 }
  const waiting = user.devices.find((device) => device.id === key.device) as PhoneDevice | undefined
  const made = { id: key.device, type: 'MOBILE', policy, createdAt: now, lock: UNLOCKED } as const
  if (!waiting) demandRoom(user, settings)
  const device: PhoneDevice = { ...(waiting ?? made), status: 'ACTIVE', phone, updatedAt: now }
  const paired = waiting ? withChangedDevice(user, device) : withDevice(user, device)
  const claimed = { ...key, status: 'CLAIMED', updatedAt: now } as const
  const mfaEnabled = user.mfaEnabled || settings.pairing.enableMfaOnActivation
  return { next: { ...withKey(paired, claimed), mfaEnabled }, result: device }
}

function withKey(user: User, key: PairingKey): User {
  return { ...user, pairingKeys: user.pairingKeys?.map((each) => (each.id === key.id ? key : each)) }
}
