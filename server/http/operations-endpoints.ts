import type { Endpoint } from './endpoint.ts'

export interface Statistics {
  /** Sockets of waiting pages and of approvers, on all instances that answered. */
  readonly waiting: number
  readonly approvers: number
  /** Documents watched, summed over those instances. */
  readonly watches: number
  readonly instances: { readonly answered: number; readonly expected: number }
}

/** What an operator asks. */
export function operationsEndpoints(statistics: () => Promise<Statistics>): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/v1/stats',
      scopes: ['challenges:read'],
      answer: async () => ({ status: 200, body: await statistics() }),
    },
  ]
}
