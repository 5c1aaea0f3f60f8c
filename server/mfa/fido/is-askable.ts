import type { Offered } from '../authentication/choose-device.ts'
import type { MfaContext } from '../context.ts'
import type { Device } from '../users/device.ts'
import { isCompatible } from './compatibility.ts'
import { isFido } from './fido-device.ts'
import { hasPages } from './relying-party.ts'

/** Whether a device, if it is a FIDO device, can be asked: in this browser, for this relying party, on some page there is. */
export function isAskable(context: MfaContext, device: Device, { compatibility, rpId }: Offered): boolean {
  if (!isFido(device)) return true
  const { id } = device.rp
  return isCompatible(device, compatibility) && (rpId === undefined || rpId === id) && hasPages(context, id)
}
