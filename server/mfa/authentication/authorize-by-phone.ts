import { applications } from '../applications.ts'
import type { MfaContext } from '../context.ts'
import { takeMobilePayload } from '../pairing/mobile-payload.ts'
import type { DevicePolicy } from '../policies.ts'
import { demandMfaEnabled, type PairedPhone, readUser } from '../users/user.ts'
import { type AuthenticatingChallenge, type Authentication, type Kept, PHONE_ITSELF } from './authentication.ts'
import type { NewAuthentication } from './authentication-body.ts'
import { nameOf } from './authentication-view.ts'
import { namedDevice, usableDevices } from './choose-device.ts'
import { atOnce, openWith } from './open-authentication.ts'

/** Whoever an app on a phone says they are, at that phone. */
export async function namedByPhone(
  context: MfaContext,
  challenge: string,
  wanted: NewAuthentication,
): Promise<{ wanted: NewAuthentication; phone?: PairedPhone }> {
  const { mobilePayload: text, application } = wanted
  if (text === undefined || !application) return { wanted }
  const { user, phone } = await takeMobilePayload(context, { text, application: application.id, challenge })
  return { wanted: { ...wanted, user: { id: user }, selectedDevice: { id: phone.id } }, phone }
}

/** Whether a phone's word is enough, without its owner being asked. */
export async function isAuthorizedBy(
  context: MfaContext,
  { phone }: PairedPhone,
  { mobile }: DevicePolicy,
): Promise<boolean> {
  const application = await applications.find(context, phone.application.id)
  return application?.mobile.deviceAuthorization?.enabled ?? mobile.deviceAuthorization.enabled
}

/** The phone has proven itself already. */
export async function openAuthorized(
  context: MfaContext,
  id: string,
  wanted: NewAuthentication,
  kept: Kept,
  phone: PairedPhone,
  policy: DevicePolicy,
): Promise<AuthenticatingChallenge> {
  const user = await readUser(context, kept.user)
  demandMfaEnabled(user)
  namedDevice(context, user, usableDevices(context, user, policy, kept), phone.id, 'mobilePayload')
  const part = authorizedBy(phone, kept)
  return openWith(context, id, wanted, { part, end: 'approved' }, atOnce(context, wanted))
}

/** Proven by a phone's own word. */
export function authorizedBy(phone: PairedPhone, kept: Kept): Authentication {
  return {
    step: { status: 'COMPLETED', device: { type: phone.type, name: nameOf(phone) } },
    kept: { ...kept, device: phone.id, authenticators: PHONE_ITSELF },
  }
}
