import type { MfaContext } from '../context.ts'
import type { Device } from '../users/device.ts'
import type { AskedKey } from './judge-key.ts'
import { keyOtp, publicIdOf } from './key-otp.ts'
import { takeKeyOtp } from './keys.ts'

/**
 * What only a validation server knows is asked before the rules judge, which ask nobody. Undefined: no key of these typed it,
 * and a stranger's code is not used up.
 * @param challenge what the code would be good for
 */
export async function askAboutKey(
  context: MfaContext,
  devices: readonly Device[],
  otp: string,
  challenge: string,
): Promise<AskedKey | undefined> {
  const keys = devices.flatMap((device) => (device.type === 'YUBIKEY' ? [device.serialNumber] : []))
  const typed = keyOtp.safeParse(otp)
  if (!typed.success || !keys.includes(publicIdOf(typed.data))) return undefined
  return { key: publicIdOf(typed.data), verdict: await takeKeyOtp(context, typed.data, challenge) }
}
