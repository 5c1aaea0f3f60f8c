import { askApprover, CREATED_WITHIN_MS } from '../../challenge/ask-approver.ts'
import type { MfaContext } from '../context.ts'
import { type Compatibility, narrowest } from '../fido/compatibility.ts'
import { refusal } from '../mfa-error.ts'
import { devicePolicies } from '../policies.ts'
import type { Device } from '../users/device.ts'
import {
  type AuthenticatingChallenge,
  type Authentication,
  advanced,
  isOpenToChoice,
  type OneTimeDevice,
} from './authentication.ts'
import { engageDevice, engaged, giveBack, overWithCode, sendForAuthentication } from './engage-device.ts'
import { demandNotBegun, moveAuthentication, tookTooLong } from './move-authentication.ts'

export interface AskDeviceOptions {
  /** What the browser can do with FIDO devices, as said with this device. */
  readonly compatibility?: Compatibility | undefined
  /** Those of the user that may answer in its place; default: none. */
  readonly others?: readonly Device[] | undefined
  /** The authentication begins with it: whoever else began it meanwhile was first. */
  readonly isFirst?: boolean
}

/** Asks a device, whichever was asked before: sends its code, or its question. */
export async function askDevice(
  context: MfaContext,
  { id, expiresAt: until, authentication: seen }: AuthenticatingChallenge,
  device: Device | OneTimeDevice,
  { compatibility, others, isFirst = false }: AskDeviceOptions = {},
): Promise<AuthenticatingChallenge> {
  demandOpenToChoice(seen)
  const policy = await devicePolicies.getOrDefault(context, seen.kept.policy)
  const chosen = await engageDevice(context, { challenge: id, kept: seen.kept, policy, device, others, until })
  const { ask } = chosen
  const enteredAt = context.challenges.store.now()
  if (ask) await askApprover(context.challenges, ask.user, { id, expiresAt: until, isAnew: !isFirst })
  const moved = await moveAuthentication(context, id, (current, now) => {
    if (isFirst) demandNotBegun(current)
    // Its entry in the inbox may be taken for one that leads nowhere by now.
    if (ask && now >= enteredAt + CREATED_WITHIN_MS) throw tookTooLong()
    // Somebody else has chosen at the same moment: one of the codes leaves.
    demandOpenToChoice(current)
    const kept = { compatibility: narrowest(current.kept.compatibility, compatibility) }
    const part = advanced(engaged(current, chosen, now), { kept })
    return { part, ask, until: overWithCode(part.kept) }
  }).catch(async (error: unknown) => {
    await giveBack(context, seen.kept, chosen)
    throw error
  })
  if (ask) context.challenges.onAsked(moved)
  if (!chosen.sending || seen.kept.isTest) return moved
  return sendForAuthentication(context, id, chosen.sending)
}

/** Throws when what was chosen was chosen for good. */
function demandOpenToChoice({ step: { status }, kept }: Authentication): void {
  if (!kept.isOneChance || isOpenToChoice(kept, status)) return
  throw refusal('CONFLICT', 'INVALID_ACTION', 'There was one choice, and it has been made.', { target: 'action' })
}
