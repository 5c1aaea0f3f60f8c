import type { MfaContext } from '../context.ts'
import { devicePolicies } from '../policies.ts'
import type { Device } from '../users/device.ts'
import { readUser } from '../users/user.ts'
import type { AuthenticatingChallenge } from './authentication.ts'
import { usableDevices } from './choose-device.ts'

/** What somebody has to choose from. */
export interface OfferedDevices {
  /** In the user's order. */
  readonly usable: readonly Device[]
  /** The one that was chosen, even where it can't be used any more; undefined: none, or it has been removed. */
  readonly selected: Device | undefined
}

/** The devices that an authentication may use now, as they are: whoever shows them to people masks what they are not to see. */
export async function offeredDevices(
  context: MfaContext,
  { authentication: { kept } }: AuthenticatingChallenge,
): Promise<OfferedDevices> {
  const [user, policy] = await Promise.all([
    readUser(context, kept.user),
    devicePolicies.getOrDefault(context, kept.policy),
  ])
  return {
    usable: usableDevices(context, user, policy, kept),
    selected: user.devices.find(({ id }) => id === kept.device),
  }
}
