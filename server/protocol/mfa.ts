import type { BackendView } from './challenge.ts'
import type { PublicKey } from './statement.ts'

/** Every type of device there is. */
export const DEVICE_TYPES = [
  'EMAIL',
  'SMS',
  'VOICE',
  'TOTP',
  'OATH_TOKEN',
  'YUBIKEY',
  'MOBILE',
  'DESKTOP',
  'FIDO2',
  'PLATFORM',
  'SECURITY_KEY',
] as const

export type DeviceType = (typeof DEVICE_TYPES)[number]

export type DeviceStatus = 'ACTIVE' | 'ACTIVATION_REQUIRED'

export interface Link {
  readonly href: string
}

/** Where an authentication stands. */
export const AUTHENTICATION_STATUSES = [
  'AUTHENTICATION_REQUIRED',
  'DEVICE_SELECTION_REQUIRED',
  'OTP_REQUIRED',
  'PUSH_CONFIRMATION_REQUIRED',
  'PUSH_CONFIRMATION_TIMED_OUT',
  'PUSH_CONFIRMATION_REJECTED',
  'ASSERTION_REQUIRED',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TIMED_OUT',
] as const

export type AuthenticationStatus = (typeof AUTHENTICATION_STATUSES)[number]

/** Where an authentication code stands. */
export const AUTHENTICATION_CODE_STATUSES = [
  'UNCLAIMED',
  'CLAIMED',
  'COMPLETED',
  'DENIED',
  'FAILED',
  'EXPIRED',
] as const

export type AuthenticationCodeStatus = (typeof AUTHENTICATION_CODE_STATUSES)[number]

/** How far an authentication, or an authentication code, has come, as the waiting page hears it. */
export interface AuthenticationStep {
  readonly status: AuthenticationStatus | AuthenticationCodeStatus
  /** The device that was chosen: its nickname, or its address, masked. */
  readonly device?: { readonly type: DeviceType; readonly name: string }
  /** How the last message to it fared. */
  readonly notification?: NotificationStatus
}

/** A device as backends see it. Times are ISO 8601 in UTC. */
export interface DeviceView {
  readonly id: string
  readonly type: DeviceType
  readonly status: DeviceStatus
  readonly nickname?: string
  /** E.164. */
  readonly phone?: string
  readonly extension?: string
  readonly email?: string
  /** Of a hardware token: its id in the inventory, and the number on its back. A YubiKey's number is its public id. */
  readonly oathToken?: string
  readonly serialNumber?: string
  /** Of a phone: what it calls itself, and its operating system; of a FIDO device: its authenticator, and where it was made. */
  readonly displayName?: string
  readonly platform?: string
  /** Of a phone: what its signed answers are checked with. */
  readonly publicKey?: PublicKey
  /** Base32, and the same as `otpauth://`: only until the device is active, and no longer than half an hour. */
  readonly secret?: string
  readonly keyUri?: string
  /** FIDO: the relying party; the type it was made as, and whether it is carried from machine to machine. */
  readonly rp?: { readonly id: string; readonly name: string }
  readonly attributes?: { readonly previousDeviceType: DeviceType; readonly isCrossPlatform?: boolean }
  /** FIDO, until the device is active: JSON for `navigator.credentials.create`. */
  readonly publicKeyCredentialCreationOptions?: string
  readonly createdAt?: string
  readonly updatedAt?: string
  /** In test mode: the code, which was sent to nobody. */
  readonly test?: { readonly otp: string }
  /** How the last message to it fared. */
  readonly notification?: { readonly status: NotificationStatus }
  readonly environment: { readonly id: string }
  readonly user: { readonly id: string }
  /** `LOCKED` while a cool-down lasts. */
  readonly lock: { readonly status: 'UNLOCKED' | 'LOCKED'; readonly expiresAt?: string }
  readonly _links: Readonly<Record<string, Link>>
  /** At the creation of a device that has to be paired. */
  readonly _embedded?: { readonly pairingKey: PairingKeyView }
}

export type PairingKeyStatus = 'UNCLAIMED' | 'CLAIMED' | 'EXPIRED' | 'FAILED'

/** A pairing key as backends see it. Times are ISO 8601 in UTC. */
export interface PairingKeyView {
  readonly id: string
  /** While it is unclaimed: what the phone reads off a screen. */
  readonly code?: string
  readonly status: PairingKeyStatus
  /** Why a claim was refused. */
  readonly error?: { readonly code: string; readonly message: string }
  /** Those whose phones may claim it; none: all. */
  readonly applications: readonly { readonly id: string }[]
  readonly createdAt?: string
  readonly updatedAt?: string
  readonly expiresAt?: string
  readonly environment: { readonly id: string }
  readonly user: { readonly id: string }
  readonly _links: Readonly<Record<string, Link>>
}

/** What a phone tells of itself when it is paired. */
export interface PhoneDescription {
  readonly name: string
  readonly os?: { readonly type: string; readonly version?: string | undefined } | undefined
  readonly model?: { readonly name: string; readonly marketingName?: string | undefined } | undefined
  readonly application: {
    readonly id: string
    readonly nativeName?: string | undefined
    readonly version?: string | undefined
  }
}

/** What a phone is told when it has been paired. */
export interface PairedView {
  readonly device: DeviceView
  /** With the scope `challenges:approve`, until then (ISO 8601). */
  readonly token: string
  readonly expiresAt: string
  readonly environment: { readonly id: string }
  readonly user: { readonly id: string }
  /** What the phone makes codes from when a push can't reach it: base32, and seconds. */
  readonly otp: { readonly secret: string; readonly period: number }
}

/** An authentication as backends see it. Times are ISO 8601 in UTC. */
export interface AuthenticationView {
  readonly id: string
  readonly status: AuthenticationStatus
  /** Absent until an assertion has said who it is. */
  readonly user?: { readonly id: string }
  readonly environment: { readonly id: string }
  readonly policy: { readonly id: string }
  readonly application?: { readonly id: string }
  readonly selectedDevice?:
    | { readonly id: string }
    | { readonly oneTime: { readonly type: DeviceType; readonly phone?: string; readonly email?: string } }
  /** What was proven, in the words of RFC 8176. */
  readonly authenticators: readonly string[]
  /** In `ASSERTION_REQUIRED`: JSON for `navigator.credentials.get`. */
  readonly publicKeyCredentialRequestOptions?: string
  /** Why it failed. */
  readonly error?: { readonly code: string; readonly message: string }
  readonly cancelReason?: string
  /** In test mode: the code, which was sent to nobody. */
  readonly test?: { readonly otp: string }
  readonly createdAt: string
  readonly updatedAt: string
  readonly expiresAt: string
  readonly _links: Readonly<Record<string, Link>>
  readonly _embedded: {
    /** Those that may be selected, in the user's order, masked. */
    readonly devices: readonly DeviceView[]
    /** The challenge as backends see it; at creation with the waiting page's token, and the number it shows, if it shows one. */
    readonly challenge: BackendView & { readonly waitToken?: string; readonly number?: string }
  }
}

/** An authentication code as backends see it. Times are ISO 8601 in UTC. */
export interface AuthenticationCodeView {
  readonly id: string
  /** Until it is claimed: what the user's phone reads off the screen, or they type. */
  readonly code?: string
  /** And what a QR code of it holds. */
  readonly uri?: string
  readonly status: AuthenticationCodeStatus
  readonly userApproval: 'REQUIRED' | 'NOT_REQUIRED'
  /** Who has claimed it. */
  readonly user?: { readonly id: string }
  readonly application: { readonly id: string }
  readonly lifeTime: { readonly duration: number; readonly timeUnit: string }
  readonly clientContext: Readonly<Record<string, string>>
  readonly error?: { readonly code: string; readonly message: string }
  readonly createdAt?: string
  readonly updatedAt?: string
  readonly expiresAt?: string
  readonly environment: { readonly id: string }
  readonly _links: Readonly<Record<string, Link>>
  readonly _embedded: {
    /** The phone that has claimed it, as it told when it was paired. */
    readonly device?: { readonly id: string } & Omit<PhoneDescription, 'name'>
    /** The challenge as backends see it; at creation with the waiting page's token. */
    readonly challenge: BackendView & { readonly waitToken?: string }
  }
}

/** What a phone is told that has claimed an authentication code. */
export interface ClaimedCodeView {
  readonly status: AuthenticationCodeStatus
  readonly challenge: string
  readonly application: { readonly id: string; readonly name: string }
  readonly clientContext: Readonly<Record<string, string>>
}

/** Whether a message was handed over to whoever delivers it. */
export type NotificationStatus = 'SENT' | 'FAILED'

/** What a user's devices and what belongs to them look like. */
export interface DeviceListView {
  readonly _links: { readonly self: Link }
  readonly _embedded: {
    readonly devices: readonly DeviceView[]
    /** The seed's own spelling: the types the user may still add. */
    readonly allowedtypes: readonly DeviceType[]
    readonly applications: readonly { readonly id: string; readonly name: string }[]
    readonly mfaSettings: {
      readonly environment: { readonly id: string }
      readonly pairing: { readonly maxAllowedDevices: number }
    }
    readonly mfaPolicy: { readonly authentication: { readonly deviceSelection: string } }
    /** Active devices only; the first is the default. */
    readonly order: readonly { readonly id: string }[]
  }
  readonly size: number
}
