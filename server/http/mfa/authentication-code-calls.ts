import { demandApprover } from '../../challenge/demand-approver.ts'
import { mintWaitToken } from '../../challenge/wait-token.ts'
import type { Limits } from '../../limits/limits.ts'
import { applications } from '../../mfa/applications.ts'
import { claimAuthenticationCode } from '../../mfa/authentication-codes/claim-authentication-code.ts'
import { createAuthenticationCode } from '../../mfa/authentication-codes/create-authentication-code.ts'
import {
  deleteAuthenticationCode,
  getAuthenticationCode,
  showAuthenticationCode,
  statusOf,
} from '../../mfa/authentication-codes/manage-authentication-codes.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { notFound } from '../../mfa/mfa-error.ts'
import { id, parse } from '../../mfa/parse.ts'
import type { ClaimedCodeView } from '../../protocol/mfa.ts'
import type { Question } from '../endpoint.ts'
import { admitCreation } from './admit-creation.ts'
import type { MfaCall } from './mfa-endpoint.ts'
import { answerQr } from './qr.ts'

const CODES = '/v1/authenticationCodes'
const CODE = `${CODES}/:id`

/** Seed 001's authentication codes: sign-on without a user name. */
export function authenticationCodeCalls(context: MfaContext, limits: Limits): MfaCall[] {
  return [
    {
      method: 'POST',
      path: CODES,
      answer: async (question) => {
        const repeatable = admitCreation(limits, question, 'authenticationCodes')
        const challenge = await createAuthenticationCode(context, question.body, repeatable)
        const { _embedded, ...shown } = await showAuthenticationCode(context, challenge)
        const waitToken = mintWaitToken(context.challenges, challenge)
        return {
          status: 201,
          body: { ...shown, _embedded: { ..._embedded, challenge: { ..._embedded.challenge, waitToken } } },
          headers: { Location: `${CODES}/${challenge.id}` },
        }
      },
    },
    {
      method: 'POST',
      path: `${CODES}/claim`,
      scopes: ['challenges:approve'],
      answer: async ({ principal, body, address }) => {
        const approver = await demandApprover(context.challenges, principal)
        await Promise.all([limits.claim(address), limits.claim(`person ${approver.user}`)])
        const challenge = await claimAuthenticationCode(context, approver, body)
        const { application, clientContext } = challenge.authentication.kept
        const found = await applications.find(context, application)
        const claimed: ClaimedCodeView = {
          status: statusOf(challenge, context.challenges.store.now()),
          challenge: challenge.id,
          application: { id: application, name: found?.name ?? application },
          clientContext,
        }
        return { status: 200, body: claimed }
      },
    },
    {
      method: 'GET',
      path: CODE,
      answer: async (question) => {
        const found = await getAuthenticationCode(context, idOf(question))
        return { status: 200, body: await showAuthenticationCode(context, found) }
      },
    },
    {
      method: 'GET',
      path: `${CODE}/qr`,
      answer: async (question) => {
        const found = await getAuthenticationCode(context, idOf(question))
        if (statusOf(found, context.challenges.store.now()) !== 'UNCLAIMED') throw notFound()
        return answerQr(context.phoneLink('sign-on', found.authentication.kept.code), question)
      },
    },
    {
      method: 'DELETE',
      path: CODE,
      answer: async (question) => {
        await deleteAuthenticationCode(context, idOf(question))
        return { status: 204 }
      },
    },
  ]
}

function idOf({ params }: Question): string {
  return parse(id, params.id, 'id')
}
