import type { DeviceStatus, DeviceType, NotificationStatus, PhoneDescription } from '../../protocol/mfa.ts'
import type { PublicKey } from '../../protocol/statement.ts'
import type { FidoDevice } from '../fido/fido-device.ts'
import type { NotificationWish } from '../notifications/wish.ts'
import type { OathState } from '../otp/oath-code.ts'
import type { Sends, SentCode } from '../otp/sent-code.ts'
import type { PushTarget } from '../pairing/push-target.ts'

/** How long a device may wait to be activated. Milliseconds. */
export const ACTIVATE_WITHIN_MS = 24 * 3_600_000
/** How long the secret of a device that waits to be activated can be read. Milliseconds. */
export const SECRET_SHOWN_MS = 30 * 60_000

/** Times are epoch milliseconds. */
export interface AnyDevice {
  readonly id: string
  readonly status: DeviceStatus
  readonly nickname?: string | undefined
  /** The policy it was made under. */
  readonly policy: string
  /** The browser it was made in, as that named itself. */
  readonly userAgent?: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
  /** Wrong codes in a row, over all authentications; and until when it takes none, if there were too many. */
  readonly lock: DeviceLock
}

export interface DeviceLock {
  readonly failures: number
  /** 0: it is not locked. */
  readonly until: number
}

export const UNLOCKED: DeviceLock = { failures: 0, until: 0 }

/** Codes are sent to it. */
export interface ContactDevice extends AnyDevice {
  readonly type: 'EMAIL' | 'SMS' | 'VOICE'
  /** An e-mail address, or a phone number in E.164. */
  readonly address: string
  readonly extension?: string | undefined
  /** What activates it, how often it was sent, and in which words. */
  readonly code?: SentCode | undefined
  readonly sends?: Sends | undefined
  readonly wish?: NotificationWish | undefined
  /** In test mode nothing is sent. */
  readonly isTest?: boolean | undefined
  readonly notified?: NotificationStatus | undefined
}

/** It makes codes itself, from the time and a secret. */
export interface TotpDevice extends AnyDevice {
  readonly type: 'TOTP'
  /** Base32. */
  readonly secret: string
  /** The time step of the last code that was taken; none before or at it is taken again. */
  readonly lastStep: number
}

/** A hardware token that makes codes. */
export interface OathDevice extends AnyDevice {
  readonly type: 'OATH_TOKEN'
  /** Its id in the inventory. */
  readonly token: string
  readonly serialNumber: string
  readonly oath: OathState
}

/** It has a key of its own, is asked, and signs what its owner answers. */
export interface PhoneDevice extends AnyDevice {
  readonly type: 'MOBILE' | 'DESKTOP'
  /** Undefined: its pairing key has not been claimed yet. */
  readonly phone?: Phone | undefined
}

export interface Phone extends PhoneDescription {
  readonly publicKey: PublicKey
  /** Where it is told of questions while its app is closed. */
  readonly push?: PushTarget | undefined
  /** It makes codes, too, for when it can't be reached: base32, the period in seconds, and the last step that was taken. */
  readonly secret: string
  readonly period: number
  readonly lastStep: number
}

/** A key that types codes which only its maker can judge. It is always active: a code was needed to make it. */
export interface YubikeyDevice extends AnyDevice {
  readonly type: 'YUBIKEY'
  /** Its public id. */
  readonly serialNumber: string
}

export type Device = ContactDevice | TotpDevice | OathDevice | YubikeyDevice | PhoneDevice | FidoDevice

export function isActive({ status }: Device): boolean {
  return status === 'ACTIVE'
}

/** Nobody activated it in time. */
export function isForgotten({ status, createdAt }: Device, now: number): boolean {
  return status === 'ACTIVATION_REQUIRED' && now >= createdAt + ACTIVATE_WITHIN_MS
}

export function isContactType(type: DeviceType): type is ContactDevice['type'] {
  return type === 'EMAIL' || type === 'SMS' || type === 'VOICE'
}

export function isPhone(device: Device): device is PhoneDevice {
  return device.type === 'MOBILE' || device.type === 'DESKTOP'
}

export function isContact(device: Device): device is ContactDevice {
  return isContactType(device.type)
}
