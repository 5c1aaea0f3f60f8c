import { createHash } from 'node:crypto'
import { mintWaitToken } from '../../challenge/wait-token.ts'
import type { Limits } from '../../limits/limits.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { showAuthentication } from '../../mfa/authentication/authentication-view.ts'
import { cancelAuthentication, resendCode, selectDevice } from '../../mfa/authentication/change-authentication.ts'
import { checkOtp } from '../../mfa/authentication/check-otp.ts'
import { createAuthentication } from '../../mfa/authentication/create-authentication.ts'
import { getAuthentication } from '../../mfa/authentication/move-authentication.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { checkAssertion } from '../../mfa/fido/check-assertion.ts'
import { id, parse } from '../../mfa/parse.ts'
import type { AuthenticationView } from '../../protocol/mfa.ts'
import type { Answer, Question } from '../endpoint.ts'
import { matches } from '../etag.ts'
import { answerAction } from './action.ts'
import { admitCreation } from './admit-creation.ts'
import type { MfaCall } from './mfa-endpoint.ts'

const AUTHENTICATIONS = '/v1/deviceAuthentications'
const AUTHENTICATION = `${AUTHENTICATIONS}/:authentication`

/** Seed 001's capabilities from Create Device Authentication to Cancel Device Authentication. */
export function authenticationCalls(context: MfaContext, limits: Limits): MfaCall[] {
  const show = async (challenge: AuthenticatingChallenge): Promise<Answer & { headers: { ETag: string } }> => {
    const body = await showAuthentication(context, challenge)
    return { status: 200, body, headers: { ETag: tagOf(challenge.version, body) } }
  }
  const action = (act: (context: MfaContext, id: string, body: unknown) => Promise<AuthenticatingChallenge>) => {
    return async (question: Question) => show(await act(context, idOf(question), question.body))
  }
  const cancel = action(cancelAuthentication)
  const onAuthentication = {
    'device.select': action(selectDevice),
    'otp.check': action(checkOtp),
    'assertion.check': action(checkAssertion),
    'otp.resend': action(resendCode),
    cancel,
    'cancel.push.authentication': cancel,
  }
  return [
    {
      method: 'POST',
      path: AUTHENTICATIONS,
      answer: async (question) => {
        const repeatable = admitCreation(limits, question, 'deviceAuthentications')
        const { challenge, otp } = await createAuthentication(context, question.body, repeatable)
        const { _embedded, ...shown } = await showAuthentication(context, challenge)
        const waitToken = mintWaitToken(context.challenges, challenge)
        return {
          status: 201,
          body: {
            ...shown,
            ...(otp !== undefined && { test: { otp } }),
            _embedded: { ..._embedded, challenge: { ..._embedded.challenge, ...numberOf(challenge), waitToken } },
          },
          headers: { Location: `${AUTHENTICATIONS}/${challenge.id}` },
        }
      },
    },
    {
      method: 'GET',
      path: AUTHENTICATION,
      answer: async (question) => {
        const shown = await show(await getAuthentication(context, idOf(question)))
        const { ETag: tag } = shown.headers
        return matches(question.header('if-none-match'), tag) ? { status: 304, headers: { ETag: tag } } : shown
      },
    },
    { method: 'POST', path: AUTHENTICATION, answer: async (question) => answerAction(question, onAuthentication) },
  ]
}

/** What the page shows, for a backend that makes the page. */
function numberOf({ numberMatching }: AuthenticatingChallenge): { number?: string } {
  return numberMatching ? { number: numberMatching.number } : {}
}

/** Its devices belong to what is shown, and have no part in the challenge's version. */
function tagOf(version: number, { _embedded: { devices } }: AuthenticationView): string {
  return `"${version}-${createHash('sha256').update(JSON.stringify(devices)).digest('base64url').slice(0, 12)}"`
}

function idOf({ params }: Question): string {
  return parse(id, params.authentication, 'id')
}
