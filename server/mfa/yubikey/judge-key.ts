import type { KeyVerdict } from '../../yubikey/yubikey-validator.ts'
import type { YubikeyDevice } from '../users/device.ts'

/** What was found of a code by asking, and which key typed it. */
export interface AskedKey {
  readonly key: string
  readonly verdict: KeyVerdict
}

/** A code of another key is wrong, however good it is. */
export function judgeKey(
  device: YubikeyDevice,
  asked: AskedKey | undefined,
): { readonly verdict: KeyVerdict; readonly device: YubikeyDevice } {
  return { verdict: asked?.key === device.serialNumber ? asked.verdict : 'wrong', device }
}
