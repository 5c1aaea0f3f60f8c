import type { DeviceType } from '../../protocol/mfa.ts'

/** What people call a device of which they know no name. */
export const TYPE_NAMES: Readonly<Record<DeviceType, string>> = {
  EMAIL: 'Email',
  SMS: 'Text message',
  VOICE: 'Voice call',
  TOTP: 'Authenticator app',
  OATH_TOKEN: 'Hardware token',
  YUBIKEY: 'YubiKey',
  MOBILE: 'Phone',
  DESKTOP: 'Computer',
  FIDO2: 'Passkey',
  PLATFORM: 'Built-in authenticator',
  SECURITY_KEY: 'Security key',
}
