import { allows } from '../../auth/principal.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { notFound } from '../../mfa/mfa-error.ts'
import type { Scope } from '../../protocol/scopes.ts'
import type { Answer, Endpoint, Question } from '../endpoint.ts'
import { tellMfa } from './tell-mfa.ts'

/** An MFA call, before it is known where it stands. */
export interface MfaCall extends Pick<Endpoint, 'method' | 'path'> {
  /** When not what its method makes of it. */
  readonly scopes?: Endpoint['scopes']
  answer(question: Question): Promise<Answer>
}

const READ: readonly Scope[] = ['mfa:read', 'mfa:write']
const WRITE: readonly Scope[] = ['mfa:write']

/**
 * Calls, as endpoints: each refuses in the words of MFA calls, and answers under `/v1/environments/{environment}` as well,
 * so that a client of seed 001's platform needs only another base address.
 */
export function mfaEndpoints(context: MfaContext, calls: readonly MfaCall[]): readonly Endpoint[] {
  return calls.flatMap((call) => {
    const scopes = call.scopes ?? (call.method === 'GET' ? READ : WRITE)
    const endpoint: Endpoint = { ...call, scopes, tell: tellMfa }
    return [endpoint, inEnvironment(context, endpoint)]
  })
}

function inEnvironment({ environment }: MfaContext, endpoint: Endpoint): Endpoint {
  return {
    ...endpoint,
    path: endpoint.path.replace('/v1/', '/v1/environments/:environment/'),
    answer: async (question) => {
      if (question.params.environment !== (await environment.id())) throw notFound()
      return endpoint.answer(question)
    },
  }
}

/** What opens a door is shown to who may open it only: whoever may read could pair a phone of their own with what they read. */
export function mayWrite({ principal }: Question): boolean {
  return allows(principal, 'mfa:write')
}
