import { SecretNames } from '../../auth/secret-names.ts'
import { mintWaitToken } from '../../challenge/wait-token.ts'
import { HubError } from '../../errors.ts'
import type { Dialect } from '../../http/dialect.ts'
import type { Question } from '../../http/endpoint.ts'
import { admitCreation } from '../../http/mfa/admit-creation.ts'
import type { Speaker } from '../dialects.ts'
import { act } from './act.ts'
import { tell } from './errors.ts'
import { FLOWS, type Flow, getFlow, NAME } from './flow.ts'
import { openFlow } from './open-flow.ts'
import { showFlow } from './translate.ts'

/** The authentication API that seed 002's pages call, and how a backend opens the flows they act in. */
export function pingfederate(speaker: Speaker): Dialect {
  const { mfa, limits, secrets } = speaker
  const names = new SecretNames(secrets, 'flow id')
  const find = (question: Question): Promise<Flow> => {
    // A page of another origin can't send it without being asked whether it may.
    const isOurs = question.header('x-xsrf-header') !== undefined
    if (!isOurs) throw new HubError('insufficient_scope', 'The header X-XSRF-Header is needed.')
    return getFlow(mfa, names, question.params.flow ?? '')
  }
  const open = async (question: Question) => {
    const repeatable = admitCreation(limits, question, `${NAME} flows`)
    const challenge = await openFlow(mfa, question.body, repeatable)
    const flow = { id: names.of(challenge.id), challenge }
    const waitToken = mintWaitToken(mfa.challenges, challenge)
    const body = { flowId: flow.id, challenge: challenge.id, waitToken, ...(await showFlow(mfa, flow)) }
    return { status: 201, body, headers: { Location: `${FLOWS}/${flow.id}` } }
  }
  const read = async (question: Question) => ({ status: 200, body: await showFlow(mfa, await find(question)) })
  const change = async (question: Question) => act(speaker, names, await find(question), question)
  const flow = `${FLOWS}/:flow`
  return {
    prefix: '/pf-ws',
    isForPages: true,
    tell,
    endpoints: [
      { method: 'POST', path: FLOWS, scopes: ['mfa:write'], answer: open },
      { method: 'GET', path: flow, scopes: 'anyone', answer: read },
      { method: 'POST', path: flow, scopes: 'anyone', answer: change },
    ],
  }
}
