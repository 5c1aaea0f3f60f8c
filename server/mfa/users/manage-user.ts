import { z } from 'zod'
import { unpairDevices } from '../../challenge/approver.ts'
import type { MfaContext } from '../context.ts'
import { releaseCredentials } from '../fido/credential-owner.ts'
import { invalidValue } from '../mfa-error.ts'
import { releaseTokens } from '../oath/oath-tokens.ts'
import { id, parse } from '../parse.ts'
import { releaseKey } from '../yubikey/keys.ts'
import { type Device, isActive, isPhone, UNLOCKED } from './device.ts'
import { nickname } from './device-body.ts'
import {
  changeUser,
  deviceOf,
  forgetUser,
  readUser,
  reordered,
  type User,
  withChangedDevice,
  withoutDevice,
} from './user.ts'

/* What a backend does to a user and to what they own, beside making and activating devices. */

export async function getDevice(context: MfaContext, userId: string, deviceId: string): Promise<Device> {
  return deviceOf(await readUser(context, userId), deviceId)
}

export function renameDevice(context: MfaContext, userId: string, deviceId: string, body: unknown): Promise<string> {
  const wanted = parse(nickname, body).nickname
  return changeUser(context, userId, (user, now) => {
    const { nickname: _before, ...device } = deviceOf(user, deviceId)
    const renamed = { ...device, ...(wanted !== '' && { nickname: wanted }), updatedAt: now } as Device
    return { next: withChangedDevice(user, renamed), result: wanted }
  })
}

export async function deleteDevice(context: MfaContext, userId: string, deviceId: string): Promise<void> {
  await cutOff(context, userId, [deviceOf(await readUser(context, userId), deviceId)])
  const deleted = await changeUser(context, userId, (user, now) => ({
    next: withoutDevice(user, deviceId, now),
    result: deviceOf(user, deviceId),
  }))
  // Once more: its pairing may have been under way.
  await cutOff(context, userId, [deleted])
  await release(context, [deleted])
}

/** Deletes everything of a user. */
export async function deleteUser(context: MfaContext, userId: string): Promise<void> {
  await cutOff(context, userId, (await readUser(context, userId)).devices)
  const devices = await forgetUser(context, userId)
  await cutOff(context, userId, devices)
  await release(context, devices)
}

/** What a device was may be another's now. */
async function release(context: MfaContext, devices: readonly Device[]): Promise<void> {
  await releaseTokens(context, tokensOf(devices))
  await releaseCredentials(context, devices)
  for (const device of devices) {
    if (device.type === 'YUBIKEY') await releaseKey(context, device.serialNumber, { device: device.id })
  }
}

/** Their tokens die before they do: a crash between leaves a device that can do nothing, and can be deleted again. */
async function cutOff({ challenges }: MfaContext, userId: string, devices: readonly Device[]): Promise<void> {
  const phones = devices.filter(isPhone)
  if (phones.length > 0)
    await unpairDevices(
      challenges,
      userId,
      phones.map((phone) => phone.id),
    )
}

function tokensOf(devices: readonly Device[]) {
  return devices.flatMap((device) =>
    device.type === 'OATH_TOKEN' ? [{ token: device.token, device: device.id, state: device.oath }] : [],
  )
}

/** Ends a cool-down. */
export function unlockDevice(context: MfaContext, userId: string, deviceId: string): Promise<Device> {
  return changeUser(context, userId, (user, now) => {
    const device = { ...deviceOf(user, deviceId), lock: UNLOCKED, updatedAt: now }
    return { next: withChangedDevice(user, device), result: device }
  })
}

const named = z.object({ id })

const order = z.union(
  [z.strictObject({ order: z.array(named).max(100) }), z.strictObject({ defaultDevice: named })],
  'Must be order, or defaultDevice',
)

/** Puts a user's active devices in another order, or one of them to its front. */
export function reorderDevices(context: MfaContext, userId: string, body: unknown): Promise<void> {
  const wanted = parse(order, body)
  return changeUser(context, userId, (user) => {
    if ('order' in wanted)
      return {
        next: reordered(
          user,
          wanted.order.map((each) => each.id),
        ),
        result: undefined,
      }
    const first = user.devices.filter(isActive).find((each) => each.id === wanted.defaultDevice.id)
    if (!first) throw invalidValue('defaultDevice.id', 'Not an active device of this user.')
    return { next: reordered(user, [first.id]), result: undefined }
  })
}

/** No device is the default any more: whoever authenticates next is asked which. */
export function removeOrder(context: MfaContext, userId: string): Promise<void> {
  return changeUser(context, userId, (user) => ({ next: { ...user, isOrdered: false }, result: undefined }))
}

const status = z.strictObject({ mfaEnabled: z.boolean() })

export async function readMfaEnabled(context: MfaContext, userId: string): Promise<boolean> {
  return (await readUser(context, userId)).mfaEnabled
}

export function updateMfaEnabled(context: MfaContext, userId: string, body: unknown): Promise<boolean> {
  const { mfaEnabled } = parse(status, body)
  return changeUser(context, userId, (user) => ({
    next: user.mfaEnabled === mfaEnabled ? user : ({ ...user, mfaEnabled } satisfies User),
    result: mfaEnabled,
  }))
}
