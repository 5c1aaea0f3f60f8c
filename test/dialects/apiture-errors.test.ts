import { readFileSync } from 'node:fs'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tell } from '../../server/dialects/apiture/errors.ts'
import { HubError } from '../../server/errors.ts'
import { MfaError, refusal } from '../../server/mfa/mfa-error.ts'
import { ERROR_STATUS, type ErrorCode } from '../../server/protocol/error-codes.ts'
import { describeMfa, mfa, newUser } from '../mfa/world.ts'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub, TEST_SECRET } from '../support/hub.ts'
import { ask, CHALLENGES, challengesOf, expectError } from './apiture-world.ts'

/* Whatever is refused below /auth is told in seed 003's shape, and in no other; and who may ask at all. */

const README = readFileSync(new URL('../../server/dialects/apiture/README.md', import.meta.url), 'utf8')

/** A token of another authorization server that shares the secret. */
function foreign(claims: object): string {
  return jwt.sign({ exp: Math.floor(Date.now() / 1_000) + 60, ...claims }, TEST_SECRET)
}

describeMfa((world) => {
  const { created, create, withEmail, of, redeem } = challengesOf(world)

  describe('a body that is wrong', () => {
    it.each([
      [{}, '', ['userId']],
      [{ userId: 'ada', user: { id: 'ada' } }, '', ['userId']],
      [{ userId: '' }, '', ['userId']],
      [{ user: {} }, '', ['user.id']],
      [{ userId: 'ada', operation: '' }, '', ['operation']],
      [{ userId: 'ada', operation: 'x'.repeat(201) }, '', ['operation']],
      [{ userId: 'ada', ttl: 0, color: 'red' }, '', ['ttl', 'color']],
      [{ userId: 'ada', ttl: 86_401 }, '', ['ttl']],
      [{ userId: 'ada', display: { text: 'x' } }, '', ['display.title', 'display.text']],
      [{ userId: 'ada', policy: 'x' }, '', ['policy']],
      [{ userId: 'ada', challengeTimeout: 5, include: ['SMS'] }, '', ['challengeTimeout', 'include']],
      [{ userId: 'ada' }, '?include=fax', ['include']],
      [{ userId: 'ada' }, '?include=sms&exclude=OTP', ['exclude']],
      [[], '', ['body']],
    ])('%j %s names %j', async (body, query, fields) => {
      const { message } = expectError(await create(body, query), 400, 'invalidRequest')
      for (const field of fields) expect(message).toContain(`${field}: `)
      // Never the engine's own names.
      expect(message).not.toMatch(/challengeTimeout: M|selectedDevice|oneTime|device\.id/)
    })

    it('an unknown policy', async () => {
      const { userId } = await withEmail()
      const told = expectError(await create({ userId, policy: { id: 'none' } }), 400, 'invalidRequest')
      expect(told.message).toContain('policy.id: ')
    })

    it.each([{}, { code: '' }, { code: 123_456 }, { otp: '123456' }, { assertion: '{}' }, { code: '1', origin: 'x' }])(
      'verify %j',
      async (proof) => {
        const { userId } = await withEmail()
        const challenge = await created({ userId })
        const path = `${CHALLENGES}/${challenge._id}/authenticators/${of(challenge, 'email')._id}/verify`
        expectError(await ask(world.one, 'POST', path, proof), 400, 'invalidRequest')
      },
    )

    it('redeem', async () => {
      const { userId } = await withEmail()
      const challenge = await created({ userId })
      expect(expectError(await redeem(challenge, { user: 'x' }), 400, 'invalidRequest').message).toContain('user: ')
    })

    it('is not JSON, not called JSON, or too large', async () => {
      const json = { 'Content-Type': 'application/json' }
      const send = (raw: string, headers: Record<string, string>) =>
        ask(world.one, 'POST', CHALLENGES, undefined, { raw, headers })
      expectError(await send('{', json), 400, 'invalidRequest')
      expectError(await send('{}', { 'Content-Type': 'text/plain' }), 400, 'invalidRequest')
      expectError(await send(JSON.stringify({ userId: 'x'.repeat(70_000) }), json), 413, 'payloadTooLarge')
    })

    it('an Idempotency-Key that is none', async () => {
      const { userId } = await withEmail()
      const headers = { 'Idempotency-Key': 'x'.repeat(201) }
      expectError(await create({ userId }, '', world.one, headers), 400, 'invalidRequest')
    })
  })

  it.each([
    ['GET', '/auth', 404, 'notFound'],
    ['GET', '/auth/nothing', 404, 'notFound'],
    ['GET', '/auth/challenges/a/b', 404, 'notFound'],
    ['GET', '/auth/challenges', 405, 'methodNotAllowed'],
    ['PATCH', '/auth/challenges/a', 405, 'methodNotAllowed'],
    ['GET', '/auth/challenges/a/redeem', 405, 'methodNotAllowed'],
    ['GET', '/auth/challenges/%ff', 400, 'invalidRequest'],
    ['GET', '/auth/challenges/unknown', 404, 'challengeNotFound'],
    ['POST', '/auth/challenges/unknown/authenticators/a/start', 404, 'challengeNotFound'],
  ])('%s %s', async (method, path, status, type) => {
    expectError(await ask(world.one, method, path), status, type)
  })

  describe('who may ask', () => {
    const sends = (token: string | undefined, method: string, path: string, headers: Record<string, string> = {}) =>
      call(world.one, method, path, { token, headers, ...(method === 'POST' && { body: {} }) })

    it('nobody without a token, and nobody with one that is none', async () => {
      const missing = await sends(undefined, 'POST', CHALLENGES)
      expectError(missing, 401, 'unauthorized')
      expect(missing.headers.get('www-authenticate')).toBe('Bearer')
      expectError(await sends('x', 'GET', `${CHALLENGES}/a`), 401, 'unauthorized')
      const stale = foreign({ scope: 'admin/write', sub: 's', exp: Math.floor(Date.now() / 1_000) - 10 })
      expectError(await sends(stale, 'GET', `${CHALLENGES}/a`), 401, 'unauthorized')
    })

    it.each([
      ['mfa:write', 'may', 'may'],
      ['mfa:read', 'may', 'may not'],
      ['admin/write', 'may', 'may'],
      ['profiles/full', 'may', 'may'],
      ['profiles/read', 'may', 'may not'],
      ['profiles/read admin/write', 'may', 'may'],
      ['profiles/write', 'may not', 'may not'],
      ['profiles/delete profiles/readPii', 'may not', 'may not'],
      ['ADMIN/WRITE admin/write, toString', 'may not', 'may not'],
      ['challenges:write challenges:read', 'may not', 'may not'],
      ['challenges:approve', 'may not', 'may not'],
      // An end user's token stays one, whatever else its issuer gives to it.
      ['challenges:approve admin/write profiles/full', 'may not', 'may not'],
      ['challenges:wait admin/write', 'may not', 'may not'],
    ])('%s: %s read, %s write', async (scope, read, write) => {
      const token = foreign({ scope, sub: 'somebody', challenge: 'c' })
      const seen = await sends(token, 'GET', '/auth/authenticatorTypes')
      if (read === 'may') expect(seen.status).toBe(200)
      else expectError(seen, 403, 'accessDenied')
      const paths = ['', '/a/redeem', '/a/authenticators/b/start', '/a/authenticators/b/verify']
      for (const path of paths) {
        const done = await sends(token, 'POST', CHALLENGES + path)
        if (write === 'may') expect(done.status).not.toBe(403)
        else expectError(done, 403, 'accessDenied')
      }
      if (write === 'may not') expectError(await sends(token, 'DELETE', `${CHALLENGES}/a`), 403, 'accessDenied')
    })

    it('a foreign word without a name is nobody’s, and good for nothing outside', async () => {
      expectError(
        await sends(foreign({ scope: 'admin/write' }), 'GET', '/auth/authenticatorTypes'),
        403,
        'accessDenied',
      )
      const token = foreign({ scope: 'admin/write profiles/full profiles/read', sub: 'service' })
      for (const [method, path] of [
        ['POST', '/v1/challenges'],
        ['GET', '/v1/challenges/a'],
        ['POST', '/v1/deviceAuthentications'],
        ['GET', '/v1/deviceAuthentications/a'],
        ['GET', '/v1/users/ada/devices'],
        ['GET', '/v1/deviceAuthenticationPolicies'],
        ['GET', '/v1/approvals'],
        ['GET', '/v1/stats'],
      ] as const)
        expect({ path, status: (await sends(token, method, path)).status }).toEqual({ path, status: 403 })
    })

    it('drives no challenge of others with it', async () => {
      const token = foreign({ scope: 'admin/write', sub: 'service' })
      const opened = await mfa(world.one, 'POST', '/v1/challenges', {})
      const body = { userId: newUser(), waitingChallenge: opened.body.challenge }
      const refused = await call(world.one, 'POST', CHALLENGES, { token, body })
      expect(expectError(refused, 400, 'invalidRequest').message).toContain('waitingChallenge: ')
    })
  })
})

describe('who shows an API key and a token', () => {
  const GOOD = 'a-key-of-a-service'
  let hub: RunningHub
  beforeAll(async () => {
    hub = await startHub({ API_KEYS: `shop:${GOOD}:mfa:read,bank:a-key-of-the-bank:mfa:write mfa:read` })
  })
  afterAll(() => hub.stop())
  const asks = (
    apiKey: string | undefined,
    token: string | undefined,
    path = '/auth/authenticatorTypes',
    method = 'GET',
  ) => call(hub, method, path, { token, ...(apiKey !== undefined && { headers: { 'API-Key': apiKey } }) })
  const writer = () => foreign({ scope: 'admin/write', sub: 'service' })

  it('must be right in both, below /auth', async () => {
    expect((await asks(GOOD, writer())).status).toBe(200)
    expectError(await asks('a-key-of-nobody', writer()), 401, 'unauthorized')
    expectError(await asks(GOOD, 'no token'), 401, 'unauthorized')
    expectError(await asks(GOOD, `${writer()}x`), 401, 'unauthorized')
    // Elsewhere the token counts, and no key is looked at beside it.
    const token = hub.token({ scope: 'mfa:read', sub: 'service' })
    expect((await asks('a-key-of-nobody', token, '/v1/deviceAuthenticationPolicies')).status).toBe(200)
  })

  it('may do what the token says; either alone is enough', async () => {
    expect((await asks(GOOD, writer(), `${CHALLENGES}/a`, 'DELETE')).status).toBe(404)
    const reader = foreign({ scope: 'profiles/read', sub: 'service' })
    expectError(await asks('a-key-of-the-bank', reader, `${CHALLENGES}/a`, 'DELETE'), 403, 'accessDenied')
    expect((await asks('a-key-of-the-bank', undefined, `${CHALLENGES}/a`, 'DELETE')).status).toBe(404)
    expect((await asks(undefined, writer(), `${CHALLENGES}/a`, 'DELETE')).status).toBe(404)
    expectError(await asks(GOOD, undefined, `${CHALLENGES}/a`, 'DELETE'), 403, 'accessDenied')
  })
})

describe('too much of it', () => {
  it('is told in the same shape, with when to come again', async () => {
    const hub = await startHub({ LIMIT_CREATIONS_PER_BACKEND: '1' })
    const body = { userId: newUser() }
    const replies = await Promise.all(Array.from({ length: 10 }, () => ask(hub, 'POST', CHALLENGES, body)))
    await hub.stop()
    const refused = replies.find(({ status }) => status === 429)
    if (!refused) throw new Error('nobody was refused')
    expectError(refused, 429, 'tooManyRequests')
  })

  it('can be switched off', async () => {
    const hub = await startHub({ DIALECTS: 'none' })
    const reply = await ask(hub, 'GET', '/auth/authenticatorTypes')
    await hub.stop()
    expect([reply.status, reply.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  })
})

it.each(Object.keys(ERROR_STATUS) as ErrorCode[])('whatever the hub refuses with %s is told in this shape', (code) => {
  const { status, body } = tell(new HubError(code, 'Why.', { errors: [{ path: 'updatedByFlowId', message: 'why' }] }))
  expect(body).toEqual({
    _error: {
      _id: expect.any(String),
      statusCode: status,
      type: expect.stringMatching(/^[a-z][A-Za-z]+$/),
      message: 'Why.',
      occurredAt: expect.any(String),
    },
  })
})

it.each([
  ['REQUEST_FAILED', 'DEVICE_NOT_ACTIVE', 404, 'noSuchDevice'],
  ['REQUEST_FAILED', 'DEVICE_TYPE_DISABLED', 409, 'authenticatorNotCompletable'],
  ['CONFLICT', 'AUTHENTICATION_COMPLETE', 404, 'challengeNotFound'],
  ['REQUEST_FAILED', 'OTP_EXPIRED', 422, 'invalidAuthenticatorAttributes'],
  ['REQUEST_LIMITED', 'OTP_ATTEMPTS_LIMIT', 409, 'authenticatorAttemptsExceeded'],
  ['REQUEST_LIMITED', 'OTP_RESEND_LIMIT', 429, 'tooManyRequests'],
  ['UNAVAILABLE', undefined, 503, 'serviceUnavailable'],
] as const)('what happens at an unlucky moment only, %s %s, is told as %i %s', (mfaCode, detail, status, type) => {
  const told = tell(detail ? refusal(mfaCode, detail, 'Why.') : new MfaError(mfaCode, 'Why.'))
  expect(told).toMatchObject({ status, body: { _error: { statusCode: status, type, message: 'Why.' } } })
  expect(told.headers?.['Retry-After'] !== undefined).toBe(status === 429 || status === 503)
})

it('the README names every word that is said', () => {
  const source = readFileSync(new URL('../../server/dialects/apiture/errors.ts', import.meta.url), 'utf8')
  // Where there are tables of them; all else in quotes are names of files.
  const tables = source.slice(source.indexOf('const OWN_STATUS'), source.indexOf('export function tell'))
  const words = new Set([...tables.matchAll(/(?:: '|^ {2})([a-z]\w+)(?:'|: \d)/gm)].map(([, word]) => word ?? ''))
  expect(words.size).toBeGreaterThan(23)
  for (const word of words) expect(README).toContain(`\`${word}\``)
})
