import { oneOf } from '../parse.ts'
import type { Device } from '../users/device.ts'
import { isFido } from './fido-device.ts'

/** Which FIDO devices can be asked, by what the browser in front of the user can do; the narrowest comes last. */
const COMPATIBILITIES = ['FULL', 'SECURITY_KEY_ONLY', 'NONE'] as const

export type Compatibility = (typeof COMPATIBILITIES)[number]

export const compatibility = oneOf(COMPATIBILITIES)

/** The narrowest of those that were said. */
export function narrowest(...said: readonly (Compatibility | undefined)[]): Compatibility {
  const ranks = said.map((each) => (each ? COMPATIBILITIES.indexOf(each) : 0))
  return COMPATIBILITIES[Math.max(0, ...ranks)] ?? 'FULL'
}

/** Devices that are not FIDO are no affair of it. */
export function isCompatible(device: Device, said: Compatibility | undefined): boolean {
  if (!isFido(device) || said === undefined || said === 'FULL') return true
  return said === 'SECURITY_KEY_ONLY' && device.credential?.isCrossPlatform === true
}
