import type { DeviceType } from '../../server/protocol/mfa.ts'
import type { AddedType, Way } from '../bank/bank-api.ts'

const KINDS: Partial<Record<DeviceType, string>> = {
  MOBILE: 'Phone',
  EMAIL: 'E-mail',
  TOTP: 'Code app',
  FIDO2: 'Passkey',
}

export function kindOf(type: DeviceType): string {
  return KINDS[type] ?? 'Another device'
}

/** What a person calls it. */
export function nameOf({ type, name }: Way): string {
  return name ?? `Your ${kindOf(type).toLowerCase()}`
}

/** What is offered to somebody who wants to use it instead. */
export function offerOf(way: Way): string {
  if (way.type === 'MOBILE') return `Ask ${nameOf(way)}`
  if (way.type === 'EMAIL') return `Send a code to ${nameOf(way)}`
  if (way.type === 'TOTP') return `Type a code from ${way.name ?? 'your code app'}`
  return way.name === undefined || way.name === KINDS.FIDO2 ? 'Use your passkey' : `Use the passkey ${way.name}`
}

/** What may be added. */
export const ADDED: Readonly<Record<AddedType, { readonly title: string; readonly text: string }>> = {
  MOBILE: { title: 'A phone', text: 'It asks you, and you answer with a number.' },
  FIDO2: { title: 'A passkey', text: 'This computer’s fingerprint, face or PIN, or a security key.' },
  TOTP: { title: 'A code app', text: 'It shows a new code every half a minute.' },
  EMAIL: { title: 'An e-mail address', text: 'We send a code to it.' },
}
