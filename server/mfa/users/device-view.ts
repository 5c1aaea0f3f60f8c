import type { DeviceView } from '../../protocol/mfa.ts'
import type { MfaContext } from '../context.ts'
import { isFido } from '../fido/fido-device.ts'
import { fidoFields } from '../fido/fido-view.ts'
import { totpKeyUri } from '../otp/totp.ts'
import { toIso } from '../views.ts'
import { isLocked } from './attempt.ts'
import { type Device, isActive, isContact, isPhone, SECRET_SHOWN_MS } from './device.ts'

/** Shows a user's devices as backends see them: everything but what opens doors. */
export type ShowDevice = (device: Device, otp?: string) => DeviceView

/** @param reveals whether what a code app is made with may be shown: only to who may write */
export async function deviceViewer(context: MfaContext, user: string, reveals = true): Promise<ShowDevice> {
  return deviceViewerIn(context, await context.environment.id(), user, reveals)
}

/** The same, where it is known which deployment this is. */
export function deviceViewerIn(context: MfaContext, environment: string, user: string, reveals = true): ShowDevice {
  return (device, otp) =>
    toView(device, { environment, user, reveals, issuer: context.issuer, now: context.challenges.store.now(), otp })
}

interface Around {
  readonly environment: string
  readonly user: string
  readonly reveals: boolean
  readonly issuer: string
  readonly now: number
  readonly otp: string | undefined
}

function toView(device: Device, around: Around): DeviceView {
  const { id, type, status, nickname, createdAt, updatedAt, lock } = device
  const { environment, user, now, otp } = around
  return {
    id,
    type,
    status,
    ...(nickname !== undefined && { nickname }),
    ...ownFields(device, around),
    ...toIso({ createdAt, updatedAt }),
    ...(otp !== undefined && { test: { otp } }),
    environment: { id: environment },
    user: { id: user },
    lock: isLocked(device, now)
      ? { status: 'LOCKED', expiresAt: new Date(lock.until).toISOString() }
      : { status: 'UNLOCKED' },
    _links: linksOf(device, user, now),
  }
}

function ownFields(device: Device, { user, reveals, issuer, now }: Around): Partial<DeviceView> {
  if (isContact(device)) {
    const { type, address, extension, notified } = device
    return {
      ...(type === 'EMAIL' ? { email: address } : { phone: address }),
      ...(extension !== undefined && { extension }),
      ...(notified && { notification: { status: notified } }),
    }
  }
  if (isPhone(device)) {
    if (!device.phone) return {}
    const { name, os, publicKey } = device.phone
    return { displayName: name, ...(os && { platform: os.type }), publicKey }
  }
  if (isFido(device)) return fidoFields(device)
  if (device.type === 'YUBIKEY') return { serialNumber: device.serialNumber }
  if (device.type === 'OATH_TOKEN') return { oathToken: device.token, serialNumber: device.serialNumber }
  if (!reveals || isActive(device) || now >= device.createdAt + SECRET_SHOWN_MS) return {}
  return { secret: device.secret, keyUri: totpKeyUri(device.secret, issuer, user) }
}

function linksOf(device: Device, user: string, now: number): DeviceView['_links'] {
  const self = { href: `/v1/users/${encodeURIComponent(user)}/devices/${device.id}` }
  const unlock = isLocked(device, now) && { 'device.unlock': self }
  if (isActive(device)) return { self, ...unlock }
  if (isPhone(device)) return { self, ...unlock }
  return { self, ...unlock, 'device.activate': self, ...(isContact(device) && { 'device.sendActivationCode': self }) }
}
