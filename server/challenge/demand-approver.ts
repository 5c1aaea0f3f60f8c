import { demandScope, type Principal } from '../auth/principal.ts'
import { HubError } from '../errors.ts'
import { APPROVER, type ApproverRecord, isRevoked, type PairedDevice, pairedDevice } from './approver.ts'
import type { Approver } from './challenge.ts'
import type { ChallengeContext } from './context.ts'

/** A person at a device, and the key that their answers have to be signed with; none: the token is bound to no key. */
export interface PresentApprover extends Approver {
  readonly paired?: PairedDevice | undefined
}

/** The person an approver token speaks for; throws when it is not one, or has been revoked. */
export async function demandApprover(context: ChallengeContext, principal: Principal): Promise<PresentApprover> {
  const record = await context.store.read(APPROVER, toApprover(principal).user)
  return presentApprover(record, principal)
}

/** The same, by what is known of them; a token that is bound to a key is good with that key only. */
export function presentApprover(record: ApproverRecord | undefined, principal: Principal): PresentApprover {
  const approver = toApprover(principal)
  demandUnrevoked(record, principal)
  return { ...approver, paired: pairedDevice(record, principal) }
}

export function toApprover(principal: Principal): Approver {
  demandScope(principal, 'challenges:approve')
  // `verifyToken` lets no approver token through without a `sub`.
  const { sub, device } = principal
  if (sub === undefined) throw new HubError('invalid_token', "The token's claim sub is missing.")
  return { user: sub, device }
}

export function demandUnrevoked(approver: ApproverRecord | undefined, principal: Principal): void {
  if (isRevoked(approver, principal)) throw new HubError('invalid_token', 'The token has been revoked.')
}
