import { revokeApprover } from '../challenge/approver.ts'
import { acknowledgeDelivery, approvals, decide, standing } from '../challenge/capabilities.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { demandApprover, toApprover } from '../challenge/demand-approver.ts'
import { parse, user } from '../challenge/parse.ts'
import { liftSilence } from '../challenge/silence.ts'
import type { Limits } from '../limits/limits.ts'
import type { Endpoint } from './endpoint.ts'

export interface ApproverOperations {
  /** Closes a user's approver sockets on every instance. */
  disconnectApprover(user: string): void
}

/**
 * What an approver can do without a socket, and what a backend can do about an approver.
 * @param pushKey what browsers subscribe to pushes with
 */
export function approverEndpoints(
  context: ChallengeContext,
  operations: ApproverOperations,
  limits: Limits,
  pushKey: string,
): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/v1/approvals',
      scopes: ['challenges:approve'],
      answer: async ({ principal }) => {
        const approver = await demandApprover(context, principal)
        return { status: 200, body: await approvals(context, approver) }
      },
    },
    {
      method: 'POST',
      path: '/v1/approvals/:challenge',
      scopes: ['challenges:approve'],
      answer: async ({ principal, params, body }) => {
        await limits.decision(toApprover(principal).user)
        // Only now: the token may have died meanwhile.
        const approver = await demandApprover(context, principal)
        return { status: 200, body: await decide(context, approver, params.challenge ?? '', body) }
      },
    },
    {
      method: 'POST',
      path: '/v1/approvals/:challenge/delivery',
      scopes: ['challenges:approve'],
      answer: async ({ principal, params, body }) => {
        await acknowledgeDelivery(context, await demandApprover(context, principal), params.challenge ?? '', body)
        return { status: 204 }
      },
    },
    {
      method: 'GET',
      path: '/v1/push/key',
      scopes: ['challenges:approve'],
      answer: async () => ({ status: 200, body: { publicKey: pushKey } }),
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
    {
      method: 'GET',
      path: '/v1/approvers/:user',
      scopes: ['challenges:read', 'challenges:write'],
      answer: async ({ params }) => ({
        status: 200,
        body: await standing(context, parse(user, params.user, 'user')),
      }),
    },
    {
      method: 'DELETE',
      path: '/v1/approvers/:user/silence',
      scopes: ['challenges:write'],
      answer: async ({ params }) => {
        await liftSilence(context, parse(user, params.user, 'user'))
        return { status: 204 }
      },
    },
  ]
}
