import type { DeviceView } from '../../protocol/mfa.ts'
import { type MfaError, refusal } from '../mfa-error.ts'

/** Whoever activates a device a second time is shown that it is active. */
export function alreadyActive(current: DeviceView): MfaError {
  return refusal('CONFLICT', 'ALREADY_ACTIVE', 'This device is active already.', { current })
}
