import type { DeviceView } from '../../protocol/mfa.ts'
import { authenticatorName } from './authenticator-names.ts'
import type { FidoDevice } from './fido-device.ts'

/** What a backend sees of a FIDO device, beside what every device has. */
export function fidoFields(device: FidoDevice): Partial<DeviceView> {
  const { type, rp, userAgent, creation, credential } = device
  const platform = platformOf(userAgent ?? '')
  const isCrossPlatform = credential?.isCrossPlatform ?? KNOWN_BEFORE[type]
  return {
    rp,
    displayName: authenticatorName(device),
    ...(platform !== undefined && { platform }),
    attributes: { previousDeviceType: type, ...(isCrossPlatform !== undefined && { isCrossPlatform }) },
    ...(creation && { publicKeyCredentialCreationOptions: JSON.stringify(creation) }),
  }
}

/** What the type alone says about where it is. */
const KNOWN_BEFORE = { FIDO2: undefined, PLATFORM: false, SECURITY_KEY: true } as const

/** Operating systems, by the words browsers have for them; each before those whose words it has, too. */
const PLATFORMS = [
  ['Windows', /Windows/],
  ['Android', /Android/],
  ['iOS', /iPhone|iPad|iPod/],
  ['ChromeOS', /CrOS/],
  ['macOS', /Macintosh|Mac OS X/],
  ['Linux', /Linux|X11/],
] as const

function platformOf(userAgent: string): string | undefined {
  return PLATFORMS.find(([, words]) => words.test(userAgent))?.[0]
}
