import { quotaKey } from '../../auth/principal.ts'
import { mintWaitToken } from '../../challenge/wait-token.ts'
import type { HubError } from '../../errors.ts'
import { repeatableOf } from '../../http/repeatable.ts'
import type { Limits } from '../../limits/limits.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { createAuthentication } from '../../mfa/authentication/create-authentication.ts'
import type { Manner } from '../../mfa/authentication/manner.ts'
import { retireAuthentication } from '../../mfa/authentication/only-one.ts'
import { type Redeemed, redeemAuthentication } from '../../mfa/authentication/redeem-authentication.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { notFound } from '../../mfa/mfa-error.ts'
import { AUTHENTICATOR_TYPES } from './authenticator-types.ts'
import { type DialectCall, READ } from './call.ts'
import { Refused } from './errors.ts'
import { findChallenge, showChallenge } from './find-challenge.ts'
import { NAME } from './name.ts'
import { type NewChallenge, type Purpose, parseNewChallenge, parsePurpose } from './parse.ts'
import { hrefOf, stateOf } from './translate.ts'

const CHALLENGES = '/auth/challenges'
const CHALLENGE = `${CHALLENGES}/:challenge`

/** Challenges, from their creation to their redemption. */
export function challengeCalls(context: MfaContext, limits: Limits): DialectCall[] {
  return [
    {
      method: 'GET',
      path: '/auth/authenticatorTypes',
      scopes: READ,
      answer: async () => ({ status: 200, body: { items: AUTHENTICATOR_TYPES } }),
    },
    {
      method: 'POST',
      path: CHALLENGES,
      answer: async (question) => {
        limits.creation(quotaKey(question.principal))
        const wanted = parseNewChallenge(question)
        const repeatable = repeatableOf(question, `${NAME} challenges`)
        const { challenge } = await createAuthentication(context, bodyOf(wanted), repeatable, mannerOf(wanted))
        const waitToken = mintWaitToken(context.challenges, challenge)
        return {
          status: 201,
          // Beside it, what the page needs that waits on Assent's socket.
          body: { ...(await showChallenge(context, challenge)), challenge: challenge.id, waitToken },
          headers: { Location: hrefOf(challenge.id) },
        }
      },
    },
    {
      method: 'GET',
      path: CHALLENGE,
      scopes: READ,
      answer: async (question) => ({
        status: 200,
        body: await showChallenge(context, await findChallenge(context, question)),
      }),
    },
    {
      method: 'DELETE',
      path: CHALLENGE,
      answer: async (question) => {
        await retireAuthentication(context, await findChallenge(context, question))
        return { status: 204 }
      },
    },
    {
      method: 'POST',
      path: `${CHALLENGE}/redeem`,
      answer: async (question) => {
        const purpose = parsePurpose(question.body)
        const challenge = await findChallenge(context, question)
        demandFor(challenge, purpose)
        const redeemed = await redeemAuthentication(context, challenge, repeatableOf(question, `${NAME} redemptions`))
        if (redeemed !== 'redeemed') throw whyNot(challenge, redeemed)
        return { status: 200, body: await showChallenge(context, challenge) }
      },
    },
  ]
}

/** Whoever is asked has signed on already. */
const CONFIRMING = { template: { name: 'transaction' } }

function bodyOf({ userId, operation: _operation, ttl, ...rest }: NewChallenge): object {
  return { user: { id: userId }, challengeTimeout: ttl, notification: CONFIRMING, ...rest }
}

/** Seed 003: "A user may have only one active challenge at a time"; and its client chooses. */
function mannerOf({ operation }: NewChallenge): Manner {
  return { asksWhich: true, isSole: true, memo: { of: NAME, ...(operation !== undefined && { operation }) } }
}

/** Throws unless the challenge is what whoever redeems it takes it for. */
function demandFor({ authentication: { kept } }: AuthenticatingChallenge, { userId, operation }: Purpose): void {
  const isForUser = userId === undefined || userId === kept.user
  const isForOperation = operation === undefined || operation === kept.memo?.operation
  if (isForUser && isForOperation) return
  throw new Refused('redeemChallengeConflict', 'The challenge is for another user, or another operation.')
}

function whyNot(challenge: AuthenticatingChallenge, redeemed: Exclude<Redeemed, 'redeemed'>): HubError {
  // It was deleted at this very moment.
  if (redeemed === 'replaced') return notFound()
  if (redeemed === 'redeemed before') {
    return new Refused('challengedAlreadyRedeemed', 'The challenge has been redeemed already.')
  }
  const state = stateOf(challenge, false)
  return state === 'expired'
    ? new Refused('challengedExpired', 'The challenge has expired.')
    : new Refused('challengedNotVerified', `The challenge is not verified: it is ${state}.`)
}
