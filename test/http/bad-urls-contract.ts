import { describe, expect, it } from 'vitest'
import { call } from '../support/http-client.ts'
import { expectProblem, expectRefusedFields } from './expect-problem.ts'
import { type CurrentHubs, open } from './hubs.ts'
import { rawRequest } from './raw-request.ts'

export function describeBadUrls(hubs: CurrentHubs): void {
  describe('a path', () => {
    const read = (path: string, method = 'GET') =>
      rawRequest(hubs().one, method, path, { headers: { Authorization: `Bearer ${hubs().one.backend()}` } })

    it.each(['%', '%zz', '%f', '%ff', '%C3%28', 'a%', '%u0041'])(
      'that can not be decoded is refused: %s',
      async (id) => {
        for (const path of [`/v1/challenges/${id}`, `/v1/challenges/${id}/poll`]) {
          expectProblem(await read(path), 'invalid_request')
        }
        expectProblem(await read(`/v1/approvers/${id}/connections`, 'DELETE'), 'invalid_request')
      },
    )

    it.each([
      '%00',
      '%2e%2e',
      '%2F',
      'a%2Fb',
      '..%2f..',
      '%0d%0aSet-Cookie:x',
      '%22',
      'x'.repeat(100),
      '%41'.repeat(100),
      '*',
      '%20',
    ])('to a challenge there can not be leads nowhere: %s', async (id) => {
      expectProblem(await read(`/v1/challenges/${id}`), 'challenge_not_found')
      expectProblem(await read(`/v1/challenges/${id}/poll?pollRetries=0`), 'challenge_not_found')
    })

    it.each(['x'.repeat(101), '%41'.repeat(101), 'x'.repeat(5_000)])(
      'with too long an id is refused: %.20s…',
      async (id) => {
        for (const path of [`/v1/challenges/${id}`, `/v1/challenges/${id}/poll`]) {
          expectRefusedFields(await read(path), 'challenge')
        }
        expectRefusedFields(await read(`/v1/challenges/${id}`, 'PATCH'), 'challenge')
      },
    )

    it('with too long an id is refused to an approver, too', async () => {
      const { one } = hubs()
      const options = { token: one.approver('ada'), body: { decision: 'deny' } }
      expectRefusedFields(await call(one, 'POST', `/v1/approvals/${'x'.repeat(101)}`, options), 'challenge')
      expectProblem(await call(one, 'POST', `/v1/approvals/${'x'.repeat(100)}`, options), 'challenge_not_found')
    })

    it.each(['%00', 'a%0ab', 'x'.repeat(201)])('to an approver there can not be is refused: %j', async (user) => {
      expectRefusedFields(await read(`/v1/approvers/${user}/connections`, 'DELETE'), 'user')
    })

    it.each([
      '/',
      '/v1',
      '/v1/',
      '/v1/challenge',
      '/v2/challenges',
      '//v1/challenges',
      '/v1/challenges/x/y',
      '/v1/approvers',
      '/%zz',
      '/.env',
    ])('to nothing leads nowhere: %s', async (path) => void expectProblem(await read(path), 'not_found'))
  })

  describe('a method', () => {
    const PATHS = [
      ['/v1/challenges', ['POST']],
      ['/v1/challenges/x', ['GET', 'PATCH']],
      ['/v1/challenges/x/poll', ['GET']],
      ['/v1/approvals', ['GET']],
      ['/v1/approvals/x', ['POST']],
      ['/v1/push/key', ['GET']],
      ['/v1/approvers/x/connections', ['DELETE']],
      ['/v1/stats', ['GET']],
    ] as const
    const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']

    it.each(PATHS)('%s knows %j and says so to any other', async (path, known) => {
      const { one } = hubs()
      for (const method of METHODS.filter((method) => !(known as readonly string[]).includes(method))) {
        const reply = await rawRequest(one, method, path, { headers: { Authorization: `Bearer ${one.backend()}` } })
        expectProblem(reply, 'method_not_allowed')
        expect(
          reply.headers
            .get('allow')
            ?.split(', ')
            .filter((name) => name !== 'HEAD' && name !== 'OPTIONS')
            .sort(),
        ).toEqual([...known])
      }
    })

    it('HEAD is answered like GET, without the body', async () => {
      const { one } = hubs()
      const { challenge } = await open(one)
      const headers = { Authorization: `Bearer ${one.backend()}` }
      const reply = await rawRequest(one, 'HEAD', `/v1/challenges/${challenge}`, { headers })
      expect({ status: reply.status, text: reply.text }).toEqual({ status: 200, text: '' })
      expect(reply.headers.get('etag')).toBe('"1"')
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect((await rawRequest(one, 'HEAD', '/v1/challenges', { headers })).status).toBe(405)
      expect((await rawRequest(one, 'HEAD', `/v1/challenges/${challenge}`)).status).toBe(401)
    })
  })
}
