import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Endpoint } from '../../server/http/endpoint.ts'
import { ERROR_STATUS, type ErrorCode } from '../../server/protocol/error-codes.ts'
import { call } from '../support/http-client.ts'
import { expectProblem } from './expect-problem.ts'
import { type CurrentHubs, open } from './hubs.ts'

const CALLS = [
  ['POST', '/v1/challenges', {}],
  ['PATCH', '/v1/challenges/{challenge}', { challengeStatus: 'scanned' }],
  ['GET', '/v1/challenges/{challenge}', undefined],
  ['GET', '/v1/challenges/{challenge}/poll?pollRetries=0', undefined],
  ['GET', '/v1/approvals', undefined],
  ['POST', '/v1/approvals/{challenge}', { decision: 'approve' }],
  ['DELETE', '/v1/approvers/nobody/connections', undefined],
  ['GET', '/v1/stats', undefined],
  ['GET', '/v1/limits', undefined],
  ['GET', '/v1/store', undefined],
  ['GET', '/v1/approvers/nobody', undefined],
  ['DELETE', '/v1/approvers/nobody/silence', undefined],
  ['GET', '/v1/challenges/{challenge}/receipt', undefined],
  ['POST', '/v1/approvals/{challenge}/delivery', { delivery: 'seen' }],
  ['GET', '/v1/push/key', undefined],
] as const

/** Nobody is asked twice. */
let people = 0

const NO = 'insufficient_scope'
const NONE = 'challenge_not_found'
const BAD = 'invalid_token'
type Cell = number | ErrorCode

/** Who calls (scope, then claims), and what each of the calls above is answered. */
const TABLE: readonly (readonly [string, object | undefined, ...Cell[]])[] = [
  // biome-ignore format: a table is read in columns
  ['nobody',                            undefined,                                       BAD, BAD,  BAD,  BAD,  BAD, BAD,  BAD, BAD, BAD, BAD,  BAD, BAD, BAD, BAD, BAD],
  // biome-ignore format: a table is read in columns
  ['',                                  { sub: 'shop' },                                 NO,  NO,   NO,   NO,   NO,  NO,   NO,  NO,  NO,  NO,  NO,  NO, NO, NO, NO],
  // biome-ignore format: a table is read in columns
  ['admin openid *',                    { sub: 'shop' },                                 NO,  NO,   NO,   NO,   NO,  NO,   NO,  NO,  NO,  NO,  NO,  NO, NO, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:write',                  { sub: 'shop' },                                 201, 200,  200,  200,  NO,  NO,   204, NO, NO, NO,  200, 204, NONE, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:read',                   { sub: 'shop' },                                 NO,  NO,   200,  200,  NO,  NO,   NO,  200,  200,  200,  200, NO, NONE, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:write challenges:read',  { sub: 'shop' },                                 201, 200,  200,  200,  NO,  NO,   204, 200, 200, 200,  200, 204, NONE, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:wait',                   { challenge: '{challenge}' },                    NO,  NO,   200,  200,  NO,  NO,   NO,  NO,  NO,  NO,  NO,  NO, NO, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:wait',                   { challenge: 'x'.repeat(43) },                   NO,  NO,   NONE, NONE, NO,  NO,   NO,  NO,  NO,  NO,  NO,  NO, NO, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:wait',                   { challenge: '{challenge}', sub: '{person}' },      NO,  NO,   200,  200,  NO,  NO,   NO,  NO,  NO,  NO,  NO,  NO, NO, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:wait',                   {},                                              BAD, BAD,  BAD,  BAD,  BAD, BAD,  BAD, BAD, BAD, BAD,  BAD, BAD, BAD, BAD, BAD],
  // biome-ignore format: a table is read in columns
  ['challenges:approve',                { sub: '{person}' },                                NO,  NO,   NO,   NO,   200, 200,  NO,  NO,  NO,  NO,  NO,  NO, NO, 204, 200],
  // biome-ignore format: a table is read in columns
  ['challenges:approve',                { sub: 'stranger' },                             NO,  NO,   NO,   NO,   200, NONE, NO,  NO,  NO,  NO,  NO,  NO, NO, NONE, 200],
  // biome-ignore format: a table is read in columns
  ['challenges:approve',                { sub: '{person}', challenge: '{challenge}' },      NO,  NO,   NO,   NO,   200, 200,  NO,  NO,  NO,  NO,  NO,  NO, NO, 204, 200],
  // biome-ignore format: a table is read in columns
  ['challenges:approve challenges:wait', { sub: '{person}', challenge: 'x' },               NO,  NO,   NONE, NONE, 200, 200,  NO,  NO,  NO,  NO,  NO,  NO, NO, 204, 200],
  // biome-ignore format: a table is read in columns
  ['mfa:write',                         { sub: 'shop' },                                 NO,  NO,   NO,   NO,   NO,  NO,   NO,  NO,  NO,  NO,  NO,  NO, NO, NO, NO],
  // biome-ignore format: a table is read in columns
  ['mfa:read',                          { sub: 'shop' },                                 NO,  NO,   NO,   NO,   NO,  NO,   NO,  NO,  NO,  NO,  NO,  NO, NO, NO, NO],
  // biome-ignore format: a table is read in columns
  ['challenges:write',                  {},                                              BAD, BAD,  BAD,  BAD,  BAD, BAD,  BAD, BAD, BAD, BAD,  BAD, BAD, BAD, BAD, BAD],
]

const cells = TABLE.flatMap(([scope, claims, ...row]) =>
  CALLS.map(([method, path, body], at) => [scope, claims, method, path, row[at] ?? 0, body] as const),
)

const ENDPOINTS = resolve(import.meta.dirname, '../../server/http')

/** Every endpoint there is: each file that is named for endpoints describes some, and asks nothing of its surroundings yet. */
async function everyEndpoint(): Promise<string[]> {
  const files = readdirSync(ENDPOINTS).filter((name) => /^(?!mount-).*-endpoints\.ts$/.test(name))
  const described = files.map(async (name) => {
    const module = (await import(resolve(ENDPOINTS, name))) as Record<string, (...surroundings: object[]) => Endpoint[]>
    return Object.values(module).flatMap((describeEndpoints) => describeEndpoints({}, {}))
  })
  return (await Promise.all(described)).flat().map(({ method, path }) => `${method} ${path}`)
}

export function describeScopes(hubs: CurrentHubs): void {
  describe('who may do what', () => {
    it('is written down for every endpoint there is', async () => {
      const written = CALLS.map(([method, path]) => {
        const [bare = ''] = path.split('?')
        return `${method} ${bare.replace('{challenge}', ':challenge').replace('nobody', ':user')}`
      })
      expect(written.toSorted()).toEqual((await everyEndpoint()).toSorted())
    })

    it('is written down for every call', () => {
      for (const [, , ...row] of TABLE) expect(row).toHaveLength(CALLS.length)
    })

    it.each(cells)('"%s" %j: %s %s is answered %s', async (scope, claims, method, path, cell, body) => {
      const { one, other } = hubs()
      const approver = `named ${++people}`
      const { challenge } = await open(one, { approver })
      const filled = JSON.parse(
        JSON.stringify(claims ?? {})
          .replace('{challenge}', challenge)
          .replace('{person}', approver),
      )
      const token = claims && one.token({ scope, ...filled })
      const reply = await call(other, method, path.replace('{challenge}', challenge), { token, body })
      if (typeof cell === 'string') expectProblem(reply, cell)
      expect(reply.status).toBe(typeof cell === 'string' ? ERROR_STATUS[cell] : cell)
    })

    it('is asked before anything else: not even that a path or a body is bad is told before', async () => {
      const { one } = hubs()
      const headers = { 'Content-Type': 'text/plain' }
      const options = { token: one.approver('named'), raw: '{', headers }
      expectProblem(await call(one, 'PATCH', `/v1/challenges/${'x'.repeat(101)}`, options), 'insufficient_scope')
      expectProblem(
        await call(one, 'PATCH', `/v1/challenges/${'x'.repeat(101)}`, { raw: '{', headers }),
        'invalid_token',
      )
    })

    it('is told as expired when it has', async () => {
      const { one } = hubs()
      const token = one.token({ scope: 'challenges:read', sub: 's' }, -1)
      expectProblem(await call(one, 'GET', '/v1/stats', { token }), 'expired_token')
    })

    it('may be said by an API key, and is not by a wrong one', async () => {
      const { one } = hubs()
      const send = (key: string) => call(one, 'POST', '/v1/challenges', { body: {}, headers: { 'API-Key': key } })
      expect((await send('writer-key-0123456789')).status).toBe(201)
      expectProblem(await send('reader-key-0123456789'), 'insufficient_scope')
      expectProblem(await send('another-key-0123456789'), 'invalid_token')
      expectProblem(await send(''), 'invalid_token')
    })
  })
}
