import type { Endpoint } from './endpoint.ts'

export interface Statistics {
  /** Sockets of waiting pages and of approvers, on all instances that answered. */
  readonly waiting: number
  readonly approvers: number
  /** Documents watched, summed over those instances. */
  readonly watches: number
  readonly instances: { readonly answered: number; readonly expected: number }
}

/** Of the one instance that answers, since its start. */
export interface LimitFigures {
  /** Those open now, those ever let in, and the most let in within any one second. */
  readonly connections: { readonly open: number; readonly admitted: number; readonly busiestSecond: number }
  /** How often each limit was reached, by its variable. */
  readonly refused: Readonly<Record<string, number>>
}

/** The store as the one instance that answers sees it, and what has happened on it since its start. */
export interface StoreFigures {
  readonly ready: boolean
  /** Whether news may be missed at the moment. */
  readonly doubt: boolean
  /** Commits that were told here, and undone by a failover. */
  readonly rolledBack: number
  /** Commits that no message told of, found by reading. */
  readonly repaired: number
  /** Messages that were forged, replayed elsewhere, or damaged. */
  readonly rejectedMessages: number
}

/** What an operator asks. */
export function operationsEndpoints(
  statistics: () => Promise<Statistics>,
  limited: () => LimitFigures,
  stored: () => StoreFigures,
): readonly Endpoint[] {
  return [
    {
      method: 'GET',
      path: '/v1/stats',
      scopes: ['challenges:read'],
      answer: async () => ({ status: 200, body: await statistics() }),
    },
    {
      method: 'GET',
      path: '/v1/limits',
      scopes: ['challenges:read'],
      answer: async () => ({ status: 200, body: limited() }),
    },
    {
      method: 'GET',
      path: '/v1/store',
      scopes: ['challenges:read'],
      answer: async () => ({ status: 200, body: stored() }),
    },
  ]
}
