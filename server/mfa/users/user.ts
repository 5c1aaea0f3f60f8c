import { type Document, defineKind } from '../../store/store.ts'
import type { MfaContext } from '../context.ts'
import { REMEMBER_MS } from '../idempotency.ts'
import { notFound, refusal } from '../mfa-error.ts'
import type { SentToday } from '../notifications/quota.ts'
import { isPast, type PairingKey } from '../pairing/pairing-key.ts'
import type { MfaSettings } from '../settings.ts'
import { type Device, isActive, isForgotten, isPhone, type Phone, type PhoneDevice } from './device.ts'
import type { Sole } from './sole.ts'
import type { Tries } from './tries.ts'

/** One person, as the calling backend names them: what they own, in one document. */
export interface User extends Document {
  readonly mfaEnabled: boolean
  /** Those that are active in the user's order, then the others. */
  readonly devices: readonly Device[]
  /** False: the user has taken their order back, and no device is the default. */
  readonly isOrdered: boolean
  readonly sentToday?: SentToday | undefined
  /** What was tried for challenges that may still be open. */
  readonly tries?: readonly Tries[] | undefined
  /** What phones may be paired by, newest last. */
  readonly pairingKeys?: readonly PairingKey[] | undefined
  /** Ids of devices that were deleted: a creation that is repeated after that is a new one. */
  readonly deleted?: readonly DeletedDevice[] | undefined
  /** Where only one authentication at a time may be theirs: which one that is. */
  readonly sole?: Sole | undefined
  readonly updatedAt: number
}

interface DeletedDevice {
  readonly id: string
  /** Epoch milliseconds. */
  readonly until: number
}

const USER = defineKind<User>('user')

/** A user exists as soon as they are named. */
const NEW: User = { version: 0, mfaEnabled: false, devices: [], isOrdered: true, updatedAt: 0 }

/** How a deleted user's versions never begin again: what is left of them is kept for so long. Milliseconds. */
const TOMBSTONE_MS = 24 * 3_600_000

function withoutForgotten(user: User, now: number): User {
  const devices = user.devices.filter((device) => !isForgotten(device, now))
  const pairingKeys = user.pairingKeys?.filter((key) => !isPast(key, now))
  const isSame = devices.length === user.devices.length && pairingKeys?.length === user.pairingKeys?.length
  return isSame ? user : { ...user, devices, pairingKeys }
}

export async function readUser({ challenges: { store } }: MfaContext, id: string): Promise<User> {
  return withoutForgotten((await store.read(USER, id)) ?? NEW, store.now())
}

/** What becomes of a user; undefined: they stay as they are. Throws what must be told instead. */
export interface UserChange<Result> {
  readonly next?: User
  readonly result: Result
}

export function changeUser<Result>(
  { challenges: { changes } }: MfaContext,
  id: string,
  ask: (user: User, now: number) => UserChange<Result>,
): Promise<Result> {
  return changes.change(USER, id, (stored, now) => {
    const user = withoutForgotten(stored ?? NEW, now)
    const { next, result } = ask(user, now)
    if (!next || next === user) return { result }
    const { purgeAt: _deleted, ...alive } = next
    return { next: { ...alive, version: user.version + 1, updatedAt: now }, result }
  })
}

/** Everything of a user is gone, and the next who names them begins anew. Resolves with the devices they had. */
export function forgetUser({ challenges: { changes } }: MfaContext, id: string): Promise<readonly Device[]> {
  return changes.change(USER, id, (user, now) => {
    if (!user) return { result: [] }
    const gone = { ...NEW, version: user.version + 1, updatedAt: now, purgeAt: now + TOMBSTONE_MS }
    return { next: gone, result: user.devices }
  })
}

/** Throws `NOT_FOUND` when the user has none such. */
export function deviceOf({ devices }: User, id: string): Device {
  const device = devices.find((each) => each.id === id)
  if (!device) throw notFound()
  return device
}

/** Adds a device behind all others of its kind: active ones come first. */
export function withDevice(user: User, device: Device): User {
  return { ...user, devices: inOrder([...user.devices, device]) }
}

/** A phone whose pairing key has been claimed. */
export type PairedPhone = PhoneDevice & { readonly phone: Phone }

/** Throws `NOT_FOUND` unless it is a phone of the user's that has been paired. */
export function pairedPhoneOf(user: User, id: string): PairedPhone {
  const device = deviceOf(user, id)
  if (!isPhone(device) || !device.phone) throw notFound()
  return device as PairedPhone
}

export function demandMfaEnabled({ mfaEnabled }: User): void {
  if (!mfaEnabled) throw refusal('REQUEST_FAILED', 'MFA_DISABLED', 'MFA is not enabled for this user.')
}

/** Throws when a user has all the devices they may have. */
export function demandRoom({ devices }: User, { pairing: { maxAllowedDevices } }: MfaSettings): void {
  if (devices.length < maxAllowedDevices) return
  const message = `A user can have at most ${maxAllowedDevices} devices.`
  throw refusal('REQUEST_LIMITED', 'LIMIT_EXCEEDED', message, { target: 'user' })
}

/** @param device the same one, as it is now */
export function withChangedDevice(user: User, device: Device): User {
  const before = deviceOf(user, device.id)
  const isNewlyActive = isActive(device) && !isActive(before)
  const others = user.devices.filter(({ id }) => id !== device.id)
  // A newly activated one comes last in the order; any other keeps its place.
  const devices = isNewlyActive
    ? [...others, device]
    : user.devices.map((each) => (each.id === device.id ? device : each))
  return { ...user, devices: inOrder(devices) }
}

export function withoutDevice(user: User, id: string, now: number): User {
  deviceOf(user, id)
  return {
    ...user,
    devices: user.devices.filter((device) => device.id !== id),
    pairingKeys: user.pairingKeys?.filter((key) => key.device !== id),
    deleted: [...(user.deleted ?? []).filter(({ until }) => until > now), { id, until: now + REMEMBER_MS }],
  }
}

function inOrder(devices: readonly Device[]): readonly Device[] {
  return [...devices.filter(isActive), ...devices.filter((device) => !isActive(device))]
}

/** These first, in this order; active ones that are left out follow in their old order. */
export function reordered(user: User, ids: readonly string[]): User {
  const active = user.devices.filter(isActive)
  const first = ids.map((id) => {
    const device = active.find((each) => each.id === id)
    if (!device)
      throw refusal('INVALID_DATA', 'INVALID_VALUE', 'Not an active device of this user.', { target: 'order' })
    return device
  })
  if (new Set(first).size < first.length) {
    throw refusal('INVALID_DATA', 'INVALID_VALUE', 'A device is named twice.', { target: 'order' })
  }
  const rest = user.devices.filter((device) => !first.includes(device))
  return { ...user, devices: [...first, ...rest], isOrdered: true }
}
