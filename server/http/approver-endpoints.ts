import { revokeApprover } from '../challenge/approver.ts'
import { approvals, decide } from '../challenge/capabilities.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { demandApprover } from '../challenge/demand-approver.ts'
import { parse, user } from '../challenge/parse.ts'
import type { Limits } from '../limits/limits.ts'
import type { Endpoint } from './endpoint.ts'

export interface ApproverOperations {
  /** Closes a user's approver sockets on every instance. */
  disconnectApprover(user: string): void
}

/** What an approver can do without a socket, and what a backend can do about an approver. */
export function approverEndpoints(
  context: ChallengeContext,
  operations: ApproverOperations,
  limits: Limits,
): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/v1/approvals',
      scopes: ['challenges:approve'],
      answer: async ({ principal }) => {
        const approver = await demandApprover(context, principal)
        return { status: 200, body: await approvals(context, approver.user) }
      },
    },
    {
      method: 'POST',
      path: '/v1/approvals/:challenge',
      scopes: ['challenges:approve'],
      answer: async ({ principal, params, body }) => {
        const approver = await demandApprover(context, principal)
        await limits.decision(approver.user)
        return { status: 200, body: await decide(context, approver, params.challenge ?? '', body) }
      },
    },
    {
      method: 'DELETE',
      path: '/v1/approvers/:user/connections',
      scopes: ['challenges:write'],
      answer: async ({ params }) => {
        const approver = parse(user, params.user, 'user')
        // The tokens first: whoever is thrown out must not get in again.
        await revokeApprover(context, approver)
        operations.disconnectApprover(approver)
        return { status: 204 }
      },
    },
  ]
}
