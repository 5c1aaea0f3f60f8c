import type { MfaContext } from '../../mfa/context.ts'
import { addTokens, getToken, listTokens, type OathToken, removeToken } from '../../mfa/oath/oath-tokens.ts'
import { listAnswer } from './list-answer.ts'
import type { MfaCall } from './mfa-endpoint.ts'
import { toResource } from './resource.ts'

const TOKENS = '/v1/oathTokens'

/** The inventory of hardware tokens. Their secrets come in, and never go out. */
export function oathTokenCalls(context: MfaContext): MfaCall[] {
  const show = async (token: OathToken) =>
    toResource(`${TOKENS}/${token.id}`, await context.environment.id(), withoutSecret(token))
  const showAll = (all: readonly OathToken[]) => Promise.all(all.map(show))
  return [
    {
      method: 'GET',
      path: TOKENS,
      answer: async ({ query }) => listAnswer(TOKENS, 'oathTokens', query, await showAll(await listTokens(context))),
    },
    {
      method: 'POST',
      path: TOKENS,
      answer: async ({ body }) => {
        const added = await showAll(await addTokens(context, body))
        const [first] = added
        if (Array.isArray(body)) return { ...listAnswer(TOKENS, 'oathTokens', {}, added, added.length), status: 201 }
        return { status: 201, body: first, headers: { Location: `${TOKENS}/${first?.id}` } }
      },
    },
    {
      method: 'GET',
      path: `${TOKENS}/:id`,
      answer: async ({ params: { id = '' } }) => ({ status: 200, body: await show(await getToken(context, id)) }),
    },
    {
      method: 'DELETE',
      path: `${TOKENS}/:id`,
      answer: async ({ params: { id = '' } }) => {
        await removeToken(context, id)
        return { status: 204 }
      },
    },
  ]
}

function withoutSecret({ state: { type, digits, stepSize }, owner, ...token }: OathToken) {
  return {
    ...token,
    type,
    digits,
    ...(type === 'TOTP' && { stepSize }),
    status: owner ? 'ASSIGNED' : 'UNASSIGNED',
    ...(owner && { user: { id: owner.user }, device: { id: owner.device } }),
  }
}
