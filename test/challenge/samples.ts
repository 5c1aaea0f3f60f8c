import { createSecretKey } from 'node:crypto'
import { issueToken, type TokenClaims } from '../../server/auth/issue-token.ts'
import type { Principal } from '../../server/auth/principal.ts'
import type { Action } from '../../server/challenge/action.ts'
import { type Challenge, GRACE_MS } from '../../server/challenge/challenge.ts'
import { type ChallengeContext, createContext, type Random, systemRandom } from '../../server/challenge/context.ts'
import type { ApproverLimits } from '../../server/challenge/limits.ts'
import { newChallengeBody, parse } from '../../server/challenge/parse.ts'
import type { Store } from '../../server/store/store.ts'

/** When samples were opened, and for how long. Epoch milliseconds; milliseconds. */
export const OPENED = 1_700_000_000_000
export const LIFE = 300_000

export const ADA = { user: 'ada', device: 'phone' }
export const EVE = { user: 'eve', device: 'phone' }

/** A challenge that ada may answer, as just opened. */
export function sample(parts: Partial<Challenge> = {}): Challenge {
  return {
    id: 'a'.repeat(43),
    version: 1,
    status: 'started',
    complete: false,
    statusVersion: 1,
    createdAt: OPENED,
    statusUpdatedAt: OPENED,
    expiresAt: OPENED + LIFE,
    purgeAt: OPENED + LIFE + GRACE_MS,
    claims: [],
    approver: 'ada',
    ...parts,
  }
}

export const expected = (number: string, attemptsRemaining = 3): Partial<Challenge> => ({
  numberMatching: { digits: number.length === 6 ? 6 : 2, number, attemptsRemaining },
})

export const update = (change: (Action & { type: 'update' })['change']): Action => ({ type: 'update', change })
export const approve = (parts: Partial<Action & { type: 'decide' }> = {}): Action => ({
  type: 'decide',
  decision: 'approve',
  by: ADA,
  ...parts,
})
export const deny = (parts: Partial<Action & { type: 'decide' }> = {}): Action => ({
  ...(approve(parts) as Action & { type: 'decide' }),
  decision: 'deny',
})
export const EXPIRE: Action = { type: 'expire' }

export const backend = (name = 'shop'): Principal => ({
  caller: `token:${name}`,
  sub: name,
  scopes: new Set(['challenges:write', 'challenges:read']),
  issuedAt: 0,
})

/** As the hub has them when nothing is set. */
export const LIMITS: ApproverLimits = { pendingPerApprover: 10, requestsPerApproverMinute: 10, silenceSeconds: 600 }

/** The use cases' surroundings on a store; what went wrong after an answer ends up in `faults`. */
export function contextOn(
  store: Store,
  random: Partial<Random> = {},
  limits: Partial<ApproverLimits> = {},
): ChallengeContext & { faults: unknown[] } {
  const faults: unknown[] = []
  const signingKey = createSecretKey(Buffer.alloc(48, 1))
  const onError = (error: unknown) => void faults.push(error)
  const options = {
    store,
    issueToken: (claims: TokenClaims, now: number, expiresAt: number) => issueToken(signingKey, claims, now, expiresAt),
    onError,
    random: { ...systemRandom, ...random },
    limits: { ...LIMITS, ...limits },
  }
  return { ...createContext(options), faults }
}

/** A body as the use cases get it. */
export const wanted = (body: object = {}) => parse(newChallengeBody, body)

/** `id-1`, `id-2`, … */
export function countedIds(): Pick<Random, 'id'> {
  let count = 0
  return { id: () => `id-${++count}` }
}
