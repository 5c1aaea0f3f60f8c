import type { MfaContext } from '../context.ts'
import { refusal } from '../mfa-error.ts'
import { takeMobilePayload } from '../pairing/mobile-payload.ts'
import { parse } from '../parse.ts'
import { type DevicePolicy, devicePolicies } from '../policies.ts'
import { readSettings } from '../settings.ts'
import type { Device } from '../users/device.ts'
import { demandMfaEnabled, type PairedPhone, readUser, type User } from '../users/user.ts'
import { askDevice } from './ask-device.ts'
import { type AuthenticatingChallenge, type Authentication, advanced, type DeviceStep } from './authentication.ts'
import { beginning } from './authentication-body.ts'
import { authorizedBy, isAuthorizedBy } from './authorize-by-phone.ts'
import { chosenDevice, namedDevice, usableDevices } from './choose-device.ts'
import { demandNotBegun, getOpenAuthentication, moveAuthentication } from './move-authentication.ts'

/**
 * Begins an authentication that was only opened: asks the phone that has signed `mobilePayload`, else the only device there
 * is, else which device it shall be. Where there is none, it has failed.
 */
export async function beginAuthentication(
  context: MfaContext,
  id: string,
  body: unknown,
): Promise<AuthenticatingChallenge> {
  const { mobilePayload } = parse(beginning, body)
  const challenge = await getOpenAuthentication(context, id)
  const { kept } = challenge.authentication
  demandNotBegun(challenge.authentication)
  const [user, policy, settings] = await Promise.all([
    readUser(context, kept.user),
    devicePolicies.getOrDefault(context, kept.policy),
    readSettings(context),
  ])
  demandMfaEnabled(user)
  const usable = usableDevices(context, user, policy, kept)
  if (mobilePayload !== undefined)
    return beginAtPhone(context, challenge, { text: mobilePayload, user, usable, policy })
  if (usable.length === 0) return move(context, id, withoutDevices)
  // Whoever begins it is there to be asked: no order of theirs chooses for them among several.
  const device = chosenDevice({ isOrdered: false }, usable, policy, settings)
  if (device) return askDevice(context, challenge, device, { others: usable, isFirst: true })
  return move(context, id, (current) => ({ part: advanced(current, { step: CHOICE }) }))
}

interface AtPhone {
  readonly text: string
  readonly user: User
  readonly usable: readonly Device[]
  readonly policy: DevicePolicy
}

async function beginAtPhone(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
  { text, user, usable, policy }: AtPhone,
): Promise<AuthenticatingChallenge> {
  const { id } = challenge
  const { application, user: owner } = challenge.authentication.kept
  if (application === undefined) throw unnamed()
  const { phone } = await takeMobilePayload(context, { text, application, challenge: id, user: owner })
  namedDevice(context, user, usable, phone.id, 'mobilePayload')
  if (await isAuthorizedBy(context, phone, policy)) return move(context, id, authorized(phone))
  return askDevice(context, challenge, phone, { isFirst: true })
}

function unnamed() {
  const message = 'This authentication is of no application, whose phone could say so.'
  return refusal('REQUEST_FAILED', 'INVALID_MOBILE_PAYLOAD', message, { target: 'mobilePayload' })
}

type Advance = Parameters<typeof moveAuthentication>[2]

/** Whoever else begins it at this moment: one of them was first. */
function move(context: MfaContext, id: string, advance: Advance): Promise<AuthenticatingChallenge> {
  return moveAuthentication(context, id, (current, now) => {
    demandNotBegun(current)
    return advance(current, now)
  })
}

const CHOICE: DeviceStep = { status: 'DEVICE_SELECTION_REQUIRED' }

const NO_DEVICES = { code: 'NO_USABLE_DEVICES', message: 'The user has no device that can be used now.' }

function withoutDevices(current: Authentication) {
  const part = advanced(current, { step: { status: 'FAILED' }, kept: { error: NO_DEVICES } })
  return { part, end: 'denied' as const }
}

function authorized(phone: PairedPhone): Advance {
  return ({ kept }) => ({ part: authorizedBy(phone, kept), end: 'approved' })
}
