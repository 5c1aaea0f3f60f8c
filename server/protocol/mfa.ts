/** Every type of device there is. */
export const DEVICE_TYPES = ['EMAIL', 'SMS', 'VOICE', 'TOTP'] as const

export type DeviceType = (typeof DEVICE_TYPES)[number]

export type DeviceStatus = 'ACTIVE' | 'ACTIVATION_REQUIRED'

export interface Link {
  readonly href: string
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
  /** Base32, and the same as `otpauth://`: only until the device is active, and no longer than half an hour. */
  readonly secret?: string
  readonly keyUri?: string
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
