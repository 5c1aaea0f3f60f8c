import type { AuthenticatingChallenge } from '../authentication/authentication.ts'
import { selectDevice } from '../authentication/change-authentication.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, refusal } from '../mfa-error.ts'
import type { Choice } from './standing.ts'

/**
 * Has a code sent to the device that a key means. Of two who choose at the same moment one is refused, and one message
 * leaves. Throws when there is no such key, or its device can not be used at the moment: then nothing has happened.
 */
export async function chooseOnConnection(
  context: MfaContext,
  { id, authentication }: AuthenticatingChallenge,
  choices: readonly Choice[],
  key: number,
): Promise<void> {
  const { offered = [] } = authentication.kept
  if (!(key in offered)) throw invalidValue('key', 'There is no such choice.')
  const chosen = choices.find((choice) => choice.key === key)
  if (!chosen) {
    throw refusal('CONFLICT', 'DEVICE_NOT_ACTIVE', 'This can not be used at the moment.', { target: 'key' })
  }
  await selectDevice(context, id, { device: { id: chosen.device.id } })
}
