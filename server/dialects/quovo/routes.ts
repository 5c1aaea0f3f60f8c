import { quotaKey } from '../../auth/principal.ts'
import { mintWaitToken } from '../../challenge/wait-token.ts'
import type { Dialect } from '../../http/dialect.ts'
import type { Answer } from '../../http/endpoint.ts'
import { beginOnConnection, canBegin } from '../../mfa/connections/begin-on-connection.ts'
import { bindConnection } from '../../mfa/connections/bind-connection.ts'
import { type Begun, readStanding, standingOf } from '../../mfa/connections/standing.ts'
import type { MfaContext } from '../../mfa/context.ts'
import type { Speaker } from '../dialects.ts'
import { takeAnswers } from './answers.ts'
import { tell } from './errors.ts'
import { binding, connectionToBind, knownConnection, parse, sync } from './parse.ts'
import { toBinding, toSync } from './translate.ts'

const CONNECTION = '/v3/connections/:connection'

/** Seed 004: a PIN that is sent, or a picture, over a connection that is asked again and again how it stands. */
export function quovo({ mfa, limits }: Speaker): Dialect {
  return {
    prefix: '/v3',
    isForPages: false,
    tell,
    endpoints: [
      {
        method: 'PUT',
        path: CONNECTION,
        scopes: ['mfa:write'],
        answer: async ({ params, body }) => {
          const number = connectionToBind(params.connection)
          const bound = await bindConnection(mfa, number, parse(binding, body))
          return { status: 200, body: toBinding(number, bound) }
        },
      },
      {
        method: 'GET',
        path: `${CONNECTION}/sync`,
        scopes: ['mfa:read', 'mfa:write'],
        answer: async ({ params }) => show(mfa, knownConnection(params.connection)),
      },
      {
        method: 'POST',
        path: `${CONNECTION}/sync`,
        scopes: ['mfa:write'],
        answer: async ({ params, body, principal }) => {
          const number = knownConnection(params.connection)
          const { answers } = parse(sync, body)
          if (answers) {
            await takeAnswers(mfa, number, answers)
            return show(mfa, number)
          }
          limits.creation(quotaKey(principal))
          return show(mfa, number, await beginOnConnection(mfa, number))
        },
      },
    ],
  }
}

/** @param begun what a page may wait on: told to whoever has begun it, and may have to be told again */
async function show(mfa: MfaContext, number: number, begun?: Begun): Promise<Answer> {
  const standing = begun ? await standingOf(mfa, begun) : await readStanding(mfa, number)
  const isReady = standing.question !== undefined || (await canBegin(mfa, standing.connection))
  const waiting = begun && {
    challenge: begun.challenge.id,
    waitToken: mintWaitToken(mfa.challenges, begun.challenge),
  }
  return { status: 200, body: { ...toSync(number, standing, isReady), ...waiting } }
}
