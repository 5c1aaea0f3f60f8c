import type { Display } from '../../server/protocol/challenge.ts'
import { AssentError } from '../assent-error.ts'
import type { Hub, HubCall } from '../call-hub.ts'
import type { CallOptions } from '../create-backend.ts'
import { retry } from '../retry.ts'
import { callStepUp } from './call-step-up.ts'
import type { StartedAuthenticator, StepUpAuthenticator, StepUpChallenge } from './step-up-challenge.ts'
import type { StepUpCode } from './step-up-codes.ts'

/** Whose challenge it is, and what for. */
export interface Purpose {
  readonly user: string
  readonly operation: string
}

/** How it is asked. */
export interface Manner {
  readonly display?: Display | undefined
  readonly include?: readonly string[] | undefined
  readonly exclude?: readonly string[] | undefined
  readonly ttl?: number | undefined
}

/** The code that somebody has typed, or what their passkey has signed, and for which page. */
export type AuthenticatorProof = { readonly code: string } | { readonly assertion: string; readonly origin: string }

/** The hub's calls, each made as often as it may be. */
export interface StepUpCalls {
  create(purpose: Purpose, manner: Manner, options?: CallOptions): Promise<StepUpChallenge>
  read(challenge: string, options?: CallOptions): Promise<StepUpChallenge>
  /** Tried once: it sends something, or asks somebody. */
  start(challenge: string, authenticator: string, options?: CallOptions): Promise<StartedAuthenticator>
  /** Tried once: it costs an attempt. */
  verify(
    challenge: string,
    authenticator: string,
    proof: AuthenticatorProof,
    options?: CallOptions,
  ): Promise<StepUpAuthenticator>
  remove(challenge: string, options?: CallOptions): Promise<void>
  redeem(challenge: string, purpose: Purpose, options?: CallOptions): Promise<StepUpChallenge>
}

const CHALLENGES = '/auth/challenges'

export function stepUpCalls(hub: Hub): StepUpCalls {
  const repeat = <Answer>(path: string, call: HubCall, { signal }: CallOptions = {}) =>
    retry(() => callStepUp<Answer>(hub, path, { ...call, signal }), signal)
  // Async, so that an id which leads nowhere rejects like all that is refused.
  return {
    async create({ user: userId, operation }, { display, ttl, include, exclude }, options) {
      const query = { include: include?.join(','), exclude: exclude?.join(',') }
      return repeat(CHALLENGES, { ...once(), query, body: { userId, operation, display, ttl } }, options)
    },
    read: async (challenge, options) => repeat(pathOf(challenge), {}, options),
    start: async (challenge, authenticator, { signal } = {}) =>
      callStepUp(hub, `${pathOf(challenge, authenticator)}/start`, { method: 'POST', signal }),
    verify: async (challenge, authenticator, proof, { signal } = {}) =>
      callStepUp(hub, `${pathOf(challenge, authenticator)}/verify`, { method: 'POST', body: proof, signal }),
    remove: async (challenge, options) => repeat(pathOf(challenge), { method: 'DELETE' }, options),
    redeem: async (challenge, { user: userId, operation }, options) =>
      repeat(`${pathOf(challenge)}/redeem`, { ...once(), body: { userId, operation } }, options),
  }
}

/** A try after one whose answer was lost is answered the same; whoever else asks has another key, and is another one. */
function once(): Pick<HubCall, 'method' | 'headers'> {
  return { method: 'POST', headers: { 'idempotency-key': crypto.randomUUID() } }
}

function pathOf(challenge: string, authenticator?: string): string {
  const path = `${CHALLENGES}/${demandId(challenge, 'challengeNotFound')}`
  if (authenticator === undefined) return path
  return `${path}/authenticators/${demandId(authenticator, 'authenticatorNotFound')}`
}

/** As the hub makes them. Anything else, such as `..`, would lead to another resource. */
const ID = /^[\w-]{1,100}$/

function demandId(id: string, missing: StepUpCode): string {
  if (typeof id === 'string' && ID.test(id)) return id
  throw new AssentError({ code: missing, detail: 'This is no id.', status: 404 })
}
