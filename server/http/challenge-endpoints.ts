import { quotaKey } from '../auth/principal.ts'
import { create, get, pollFor, receiptOf, update } from '../challenge/capabilities.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import type { Limits } from '../limits/limits.ts'
import type { Endpoint } from './endpoint.ts'
import { etag, matches } from './etag.ts'

/** Seed 000's four capabilities over HTTP. */
export function challengeEndpoints(context: ChallengeContext, limits: Limits): readonly Endpoint[] {
  return [
    {
      method: 'POST',
      path: '/v1/challenges',
      scopes: ['challenges:write'],
      answer: async ({ principal, body, header }) => {
        limits.creation(quotaKey(principal))
        const created = await create(context, principal, body, header('idempotency-key'))
        return { status: 201, body: created, headers: { Location: `/v1/challenges/${created.challenge}` } }
      },
    },
    {
      method: 'PATCH',
      path: '/v1/challenges/:challenge',
      scopes: ['challenges:write'],
      answer: async ({ params, body }) => {
        const updated = await update(context, params.challenge ?? '', body)
        return { status: 200, body: updated, headers: { ETag: etag(updated.version) } }
      },
    },
    {
      method: 'GET',
      path: '/v1/challenges/:challenge',
      scopes: ['challenges:read', 'challenges:write', 'challenges:wait'],
      answer: async ({ principal, params, header }) => {
        const found = await get(context, principal, params.challenge ?? '')
        const headers = { ETag: etag(found.version) }
        return matches(header('if-none-match'), headers.ETag)
          ? { status: 304, headers }
          : { status: 200, body: found, headers }
      },
    },
    {
      method: 'GET',
      path: '/v1/challenges/:challenge/receipt',
      scopes: ['challenges:read', 'challenges:write'],
      answer: async ({ params }) => ({ status: 200, body: await receiptOf(context, params.challenge ?? '') }),
    },
    {
      method: 'GET',
      path: '/v1/challenges/:challenge/poll',
      scopes: ['challenges:read', 'challenges:write', 'challenges:wait'],
      answer: async ({ principal, params: { challenge = '' }, query, address, signal }) => {
        const release = limits.poll(quotaKey(principal), challenge, address)
        try {
          return { status: 200, body: await pollFor(context, principal, challenge, query, signal) }
        } finally {
          release()
        }
      },
    },
  ]
}
