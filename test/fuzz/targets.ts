import { createSecretKey } from 'node:crypto'
import { issueToken } from '../../server/auth/issue-token.ts'
import type { CreatedChallenge } from '../../server/protocol/challenge.ts'
import type { Scope } from '../../server/protocol/scopes.ts'
import { call } from '../support/http-client.ts'

export const SECRET = 'a-secret-of-the-fuzzed-hub-that-nobody-may-ever-read'
export const API_KEY = 'an-api-key-that-nobody-may-ever-read'
export const APPROVERS = ['ada', 'eve', 'Łódź/%41', 'kim', 'bo'] as const

/** What a stranger could aim at, and tokens good and bad to do it with. */
export interface Targets {
  readonly challenges: readonly string[]
  readonly backend: string
  readonly reader: string
  readonly approver: string
  readonly wait: string
  /** May do everything that other APIs can do. */
  readonly mfa: string
  /** One of each, of a person's with an e-mail address. */
  readonly flow: string
  readonly challenge: string
  readonly connection: string
  /** Expired, forged, unsigned, of no scope, and no tokens at all. */
  readonly bad: readonly string[]
}

const key = createSecretKey(Buffer.from(SECRET))
const otherKey = createSecretKey(Buffer.from(SECRET.toUpperCase()))

export function token(scope: Scope | string, claims: object = {}, { life = 3_600, signedWith = key } = {}): string {
  return issueToken(signedWith, { scope, sub: 'stranger', ...claims }, Date.now(), Date.now() + life * 1_000)
}

/** Opens a few challenges to aim at. */
export async function openTargets(url: string): Promise<Targets> {
  const backend = token('challenges:write challenges:read')
  const bodies = [{}, { approver: 'ada' }, { approver: 'ada', numberMatching: 2 }, { isChallengeComplete: true }]
  const opened: CreatedChallenge[] = []
  for (const body of bodies) {
    const reply = await call<CreatedChallenge>({ url }, 'POST', '/v1/challenges', {
      token: backend,
      body: { ...body, challengeTimeout: 600 },
    })
    // Others may have filled ada's list.
    if (reply.status === 201) opened.push(reply.body)
  }
  const mfa = token('mfa:write mfa:read')
  const one = async <Body>(method: string, path: string, body: object) =>
    (await call<Body>({ url }, method, path, { token: mfa, body })).body
  await one('POST', '/v1/users/kim/devices', { type: 'EMAIL', email: 'kim@example.com', status: 'ACTIVE' })
  const { flowId } = await one<{ flowId: string }>('POST', '/pf-ws/authn/flows', { user: { id: 'kim' } })
  const { _id } = await one<{ _id: string }>('POST', '/auth/challenges', { userId: 'kim' })
  await one('PUT', '/v3/connections/42', { user: { id: 'kim' } })
  const [, claims = ''] = backend.split('.')
  const unsigned = Buffer.from('{"alg":"none"}').toString('base64url')
  return {
    challenges: opened.map(({ challenge }) => challenge),
    backend,
    reader: token('challenges:read'),
    approver: token('challenges:approve', { sub: 'ada' }),
    wait: opened[0]?.waitToken ?? '',
    mfa,
    flow: flowId,
    challenge: _id,
    connection: '42',
    bad: [
      token('challenges:write', {}, { life: -60 }),
      token('challenges:write', {}, { signedWith: otherKey }),
      token('nothing at all'),
      `${unsigned}.${claims}.`,
      `${backend.slice(0, -6)}AAAAAA`,
      'x.y.z',
      'x'.repeat(9_000),
    ],
  }
}
