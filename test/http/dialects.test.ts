import { createSecretKey } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ApiKeys } from '../../server/auth/api-keys.ts'
import { Authenticator } from '../../server/auth/authenticate.ts'
import { HubError } from '../../server/errors.ts'
import { createApp } from '../../server/http/app.ts'
import type { Dialect } from '../../server/http/dialect.ts'
import type { Question } from '../../server/http/endpoint.ts'
import { ERROR_STATUS } from '../../server/protocol/error-codes.ts'
import { TEST_SECRET } from '../support/hub.ts'
import { rawRequest } from './raw-request.ts'

/* Whatever stands below a dialect's path is told in its words: to programs, past Express, as to pages, through it. */

const PAGE = 'https://page.example'

const told = async ({ params, query }: Question) => ({ status: 200, body: { params, query } })
const LATIN: Dialect = {
  prefix: '/latin',
  isForPages: true,
  tell: ({ code }) => ({ status: ERROR_STATUS[code], body: { erratum: code } }),
  endpoints: [
    { method: 'GET', path: '/latin/libri/:liber/paginae/:pagina', scopes: 'anyone', answer: told },
    { method: 'PUT', path: '/latin/libri/:liber/paginae/:pagina', scopes: 'anyone', answer: told },
    { method: 'GET', path: '/latin/libri/:liber', scopes: ['mfa:read'], answer: told },
    {
      method: 'POST',
      path: '/latin/libri',
      scopes: 'anyone',
      answer: async () => {
        throw new Error('the ink has run out')
      },
    },
  ],
}

let server: Server
let url: string
/** What every request is told at the moment. */
let tooMany: HubError | undefined
const wrong: unknown[] = []

beforeAll(async () => {
  const rules = { secrets: [createSecretKey(Buffer.from(TEST_SECRET))], findKey: undefined }
  const app = createApp({
    authenticator: new Authenticator({ ...rules, issuer: undefined, audience: undefined }, new ApiKeys([]), Date.now),
    endpoints: [{ method: 'GET', path: '/v1/plain', scopes: 'anyone', answer: told }],
    dialects: [LATIN],
    addressOf: () => 'here',
    refuse: () => tooMany,
    corsOrigins: [PAGE],
    trustProxy: [],
    unready: () => undefined,
    onError: (error) => wrong.push(error),
    pages: {},
  })
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(() => {
  tooMany = undefined
})

const WAYS = [
  ['a program', undefined],
  ['a page', PAGE],
] as const

describe.each(WAYS)('%s', (_who, origin) => {
  const ask = async (method: string, path: string, body?: string) => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const reply = await rawRequest({ url, origin }, method, path, { headers, ...(body !== undefined && { body }) })
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    return { ...reply, said: JSON.parse(reply.text) }
  }

  it('finds two names in one path', async () => {
    const params = { liber: 'i', pagina: 'xii' }
    for (const method of ['GET', 'PUT']) {
      expect((await ask(method, '/latin/libri/i/paginae/xii')).said).toEqual({ params, query: {} })
    }
    const asked = await ask('GET', '/latin/libri/i/paginae/xii?verso=1&verso=2')
    expect(asked.said).toEqual({ params, query: { verso: ['1', '2'] } })
    const escaped = await ask('GET', '/latin/libri/a%2Fb/paginae/%C3%A9')
    expect(escaped.said.params).toEqual({ liber: 'a/b', pagina: 'é' })
  })

  it.each([
    ['GET', '/latin', 404, 'not_found'],
    ['GET', '/latin?x', 404, 'not_found'],
    ['GET', '/latin/nihil', 404, 'not_found'],
    ['GET', '/latin/libri/i/paginae', 404, 'not_found'],
    ['GET', '/latin/libri/i/paginae/xii/more', 404, 'not_found'],
    ['GET', '/latin/libri//paginae/xii', 404, 'not_found'],
    ['GET', '/latin/libri/i/folia/xii', 404, 'not_found'],
    ['DELETE', '/latin/libri/i/paginae/xii', 405, 'method_not_allowed'],
    ['GET', '/latin/libri/%zz', 400, 'invalid_request'],
    ['GET', '/latin/libri/i/paginae/%ff', 400, 'invalid_request'],
    ['GET', '/latin/libri/i', 401, 'invalid_token'],
    ['POST', '/latin/libri', 500, 'internal'],
  ])('is refused in its words: %s %s', async (method, path, status, erratum) => {
    const reply = await ask(method, path)
    expect([reply.status, reply.said]).toEqual([status, { erratum }])
    expect(reply.headers.get('content-type')).toMatch(/^application\/json\b/)
    if (status === 405) expect(reply.headers.get('allow')).toBe('GET, PUT')
    expect(wrong.splice(0)).toHaveLength(status === 500 ? 1 : 0)
  })

  it('is refused in its words when the body is none, and when there are too many requests', async () => {
    expect((await ask('PUT', '/latin/libri/i/paginae/xii', '{')).said).toEqual({ erratum: 'invalid_request' })
    tooMany = new HubError('too_many_requests', 'Too many.', { retryAfter: 3 })
    for (const path of ['/latin/libri/i/paginae/xii', '/latin', '/latin?x', '/latin/libri/%zz']) {
      const { status, said } = await ask('GET', path)
      expect([status, said]).toEqual([429, { erratum: 'too_many_requests' }])
    }
  })

  it('is refused in the hub’s own beside it', async () => {
    for (const path of ['/latinus', '/v1/plain/more', '/']) {
      const { status, said } = await ask('GET', path)
      expect([status, said.type]).toEqual([404, 'urn:assent:problem:not_found'])
    }
    expect((await ask('GET', '/v1/plain')).said).toEqual({ params: {}, query: {} })
    tooMany = new HubError('too_many_requests', 'Too many.', { retryAfter: 3 })
    const { said, headers } = await ask('GET', '/latinus/libri')
    expect(said.type).toBe('urn:assent:problem:too_many_requests')
    expect(headers.get('retry-after')).toBe('3')
  })
})
