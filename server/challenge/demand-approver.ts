import { demandScope, type Principal } from '../auth/principal.ts'
import { HubError } from '../errors.ts'
import { APPROVER, type ApproverRecord, isRevoked } from './approver.ts'
import type { Approver } from './challenge.ts'
import type { ChallengeContext } from './context.ts'

/** The person an approver token speaks for; throws when it is not one, or has been revoked. */
export async function demandApprover(context: ChallengeContext, principal: Principal): Promise<Approver> {
  const approver = toApprover(principal)
  demandUnrevoked(await context.store.read(APPROVER, approver.user), principal)
  return approver
}

export function toApprover(principal: Principal): Approver {
  demandScope(principal, 'challenges:approve')
  // `verifyToken` lets no approver token through without a `sub`.
  const { sub, device } = principal
  if (sub === undefined) throw new HubError('invalid_token', "The token's claim sub is missing.")
  return { user: sub, device }
}

export function demandUnrevoked(approver: ApproverRecord | undefined, { issuedAt }: Principal): void {
  if (isRevoked(approver, issuedAt)) throw new HubError('invalid_token', 'The token has been revoked.')
}
