import { quotaKey } from '../../auth/principal.ts'
import { mintWaitToken } from '../../challenge/wait-token.ts'
import { repeatableOf } from '../../http/repeatable.ts'
import type { Limits } from '../../limits/limits.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { createAuthentication } from '../../mfa/authentication/create-authentication.ts'
import { retireAuthentication } from '../../mfa/authentication/only-one.ts'
import { redeemAuthentication } from '../../mfa/authentication/redeem-authentication.ts'
import type { MfaContext } from '../../mfa/context.ts'
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
        const { challenge } = await createAuthentication(
          context,
          toAuthentication(wanted),
          repeatableOf(question, `${NAME} challenges`),
          {
            asksWhich: true,
            isSole: true,
            memo: { of: NAME, ...(wanted.operation !== undefined && { operation: wanted.operation }) },
          },
        )
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
        if (redeemed === 'not proven') throw notVerified(challenge)
        if (redeemed === 'redeemed before') {
          throw new Refused('challengedAlreadyRedeemed', 'The challenge has been redeemed already.')
        }
        return { status: 200, body: await showChallenge(context, challenge) }
      },
    },
  ]
}

function toAuthentication({ userId, operation: _operation, ttl, ...rest }: NewChallenge): object {
  return { user: { id: userId }, challengeTimeout: ttl, ...rest }
}

/** Throws unless the challenge is what whoever redeems it takes it for. */
function demandFor({ authentication: { kept } }: AuthenticatingChallenge, { userId, operation }: Purpose): void {
  const isForUser = userId === undefined || userId === kept.user
  const isForOperation = operation === undefined || operation === kept.memo?.operation
  if (isForUser && isForOperation) return
  throw new Refused('redeemChallengeConflict', 'The challenge is for another user, or another operation.')
}

function notVerified(challenge: AuthenticatingChallenge): Refused {
  const state = stateOf(challenge, false)
  return state === 'expired'
    ? new Refused('challengedExpired', 'The challenge has expired.')
    : new Refused('challengedNotVerified', `The challenge is not verified: it is ${state}.`)
}
