import { createAuthentication } from '../../mfa/authentication/create-authentication.ts'
import type { BegunChallenge } from '../../mfa/authentication/find-begun.ts'
import { createAuthenticationCode } from '../../mfa/authentication-codes/create-authentication-code.ts'
import type { MfaContext } from '../../mfa/context.ts'
import type { Repeatable } from '../../mfa/idempotency.ts'
import { withTargets } from '../../mfa/mfa-error.ts'
import { NAME } from './flow.ts'
import { flowOfCode, flowOfUser, parseBody } from './parse.ts'

/** Opens what a flow is: an authentication that nobody has begun yet, or a code for whoever claims it. */
export async function openFlow(context: MfaContext, body: unknown, repeatable?: Repeatable): Promise<BegunChallenge> {
  const isOfCode = typeof body === 'object' && body !== null && 'authenticationCode' in body
  if (isOfCode) return openCode(context, body, repeatable)
  const { user, resumeUrl, ...wanted } = parseBody(flowOfUser, body)
  const { id, username } = user
  const manner = { isDeferred: true, memo: { of: NAME, resumeUrl, username } }
  // A "no" on the phone, and none in time, leave three ways open (seed 002).
  const asked = { ...wanted, user: { id }, retryable: true }
  return (await createAuthentication(context, asked, repeatable, manner)).challenge
}

async function openCode(context: MfaContext, body: unknown, repeatable?: Repeatable): Promise<BegunChallenge> {
  const { authenticationCode, resumeUrl, ...wanted } = parseBody(flowOfCode, body)
  const asked = { ...authenticationCode, ...wanted }
  const isBeside = (target: string) => (target.split('.')[0] ?? '') in wanted
  return createAuthenticationCode(context, asked, repeatable, { memo: { of: NAME, resumeUrl } }).catch((error) => {
    throw withTargets(error, (target) => (isBeside(target) ? target : `authenticationCode.${target}`))
  })
}
