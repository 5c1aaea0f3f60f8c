import type { DeviceType } from '../../protocol/mfa.ts'

export interface AuthenticatorType {
  readonly name: string
  readonly category: 'otp' | 'hardware' | 'device'
  /** What people call it. */
  readonly label: string
}

const PUSH = { name: 'push', category: 'device', label: 'App on a phone' } as const
/** Unlocked as its owner's phone or computer is: mostly by a finger or a face. */
const PASSKEY = { name: 'biometric', category: 'device', label: 'Passkey' } as const

const TYPES = {
  SMS: { name: 'sms', category: 'otp', label: 'Text message' },
  VOICE: { name: 'voice', category: 'otp', label: 'Phone call' },
  EMAIL: { name: 'email', category: 'otp', label: 'E-mail' },
  TOTP: { name: 'totp', category: 'otp', label: 'Authenticator app' },
  OATH_TOKEN: { name: 'oathToken', category: 'hardware', label: 'Hardware token' },
  YUBIKEY: { name: 'yubikey', category: 'hardware', label: 'YubiKey' },
  MOBILE: PUSH,
  DESKTOP: PUSH,
  SECURITY_KEY: { name: 'securityKey', category: 'device', label: 'Security key' },
  FIDO2: PASSKEY,
  PLATFORM: PASSKEY,
} as const satisfies Record<DeviceType, AuthenticatorType>

/** Each once. */
export const AUTHENTICATOR_TYPES: readonly AuthenticatorType[] = [...new Set(Object.values(TYPES))]

export function typeOf(device: DeviceType): AuthenticatorType {
  return TYPES[device]
}

/** The types of device that a word means: the name of a type of authenticator, or of a category of them; empty: it means none. */
export function devicesMeantBy(word: string): readonly DeviceType[] {
  const types = Object.entries(TYPES) as [DeviceType, AuthenticatorType][]
  return types.filter(([, { name, category }]) => name === word || category === word).map(([device]) => device)
}
