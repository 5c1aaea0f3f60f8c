import { createSecretKey } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SecretNames } from '../../../server/auth/secret-names.ts'
import { rawRequest } from '../../http/raw-request.ts'
import { addDevice, mfa, newEmail, newUser } from '../../mfa/world.ts'
import { call } from '../../support/http-client.ts'
import { type RunningHub, startHub, TEST_SECRET } from '../../support/hub.ts'
import { startRedis } from '../../support/redis-server.ts'
import { act, done, expectRefused, FLOWS, look, type Opened, OURS, opened } from './flows.ts'

/* Who may act in a flow: the pages that hold its id, from the origins that may call, and nobody else. */

const BANK = 'https://bank.example'
let hub: RunningHub
let user: string
beforeAll(async () => {
  hub = await startHub({ CORS_ORIGINS: BANK })
  user = newUser()
  await addDevice(hub, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
})
afterAll(() => hub.stop())

const flowOf = () => opened(hub, { user: { id: user } })

describe('a page of another origin', () => {
  const preflight = (origin: string, { flowId }: Opened) =>
    rawRequest(hub, 'OPTIONS', `${FLOWS}/${flowId}`, {
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type,x-xsrf-header',
      },
    })

  it('may call with what its calls have in them, and bring its cookies', async () => {
    const flow = await flowOf()
    const { status, headers } = await preflight(BANK, flow)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(BANK)
    expect(headers.get('access-control-allow-credentials')).toBe('true')
    expect(headers.get('access-control-allow-headers')).toBe('content-type,x-xsrf-header')
    expect(headers.get('access-control-allow-methods')).toContain('POST')
    const page = { url: hub.url, origin: BANK }
    const looked = await look(page, flow)
    expect(looked.body.status).toBe('AUTHENTICATION_REQUIRED')
    for (const reply of [looked, await act(page, flow, 'authenticate'), await act(page, flow, 'authenticate')]) {
      expect(reply.headers.get('access-control-allow-origin')).toBe(BANK)
      expect(reply.headers.get('access-control-allow-credentials')).toBe('true')
      expect(reply.headers.get('vary')).toMatch(/\bOrigin\b/)
    }
  })

  it.each(['https://evil.example', 'https://bank.example.evil.example', 'null'])(
    'is not let in from %s',
    async (origin) => {
      const flow = await flowOf()
      expect((await preflight(origin, flow)).headers.get('access-control-allow-origin')).toBeNull()
      const { headers } = await look({ url: hub.url, origin }, flow)
      expect(headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  it.each(['', 'PingFederate', '1'])('sends a header of its own, whatever it says: "%s"', async (value) => {
    const { flowId } = await flowOf()
    const headers = { 'X-XSRF-Header': value, 'X-Pf-Authn-Api-State': 'whatever' }
    expect((await call(hub, 'GET', `${FLOWS}/${flowId}`, { headers })).status).toBe(200)
  })

  it('that does not is refused, before anything is looked at', async () => {
    const flow = await flowOf()
    const path = `${FLOWS}/${flow.flowId}`
    const type = { 'Content-Type': 'application/vnd.pingidentity.authenticate+json' }
    for (const origin of [undefined, BANK]) {
      const from = { url: hub.url, origin }
      expectRefused(await call(from, 'GET', path), [403, 'REQUEST_FAILED'])
      expectRefused(await call(from, 'POST', path, { raw: '{}', headers: type }), [403, 'REQUEST_FAILED'])
      expectRefused(await call(from, 'GET', `${FLOWS}/unknown`), [403, 'REQUEST_FAILED'])
    }
    expect((await look(hub, flow)).body.status).toBe('AUTHENTICATION_REQUIRED')
  })
})

describe('a flow id', () => {
  it('is needed, and no other name of the challenge will do', async () => {
    const flow = await flowOf()
    const native = await mfa<{ id: string }>(hub, 'POST', '/v1/deviceAuthentications', { user: { id: user } })
    const code = await mfa<{ id: string }>(hub, 'POST', '/v1/authenticationCodes', { application: { id: 'assent' } })
    const plain = await call<{ challenge: string }>(hub, 'POST', '/v1/challenges', { token: hub.backend(), body: {} })
    const { flowId } = flow
    const names = new SecretNames([createSecretKey(Buffer.from(TEST_SECRET))], 'flow id')
    expect(names.of(flow.challenge)).toBe(flowId)
    const others = [
      // What is no flow has none, even of who could make one.
      ...[native.body.id, code.body.id, plain.body.challenge].map((each) => names.of(each)),
      ...[flow.challenge, native.body.id, code.body.id, plain.body.challenge],
      ...['A'.repeat(43), 'x', `${flowId}A`, flowId.slice(1), flowId.toLowerCase(), `${flowId}=`],
    ]
    for (const name of others) {
      expectRefused(await look(hub, { flowId: name }), [404, 'RESOURCE_NOT_FOUND'])
      expectRefused(await act(hub, { flowId: name }, 'authenticate'), [404, 'RESOURCE_NOT_FOUND'])
    }
    expect((await look(hub, flow)).body.status).toBe('AUTHENTICATION_REQUIRED')
  })

  it('is told to whoever opened the flow, and stands in no other answer', async () => {
    const flow = await flowOf()
    const told = [
      await mfa(hub, 'GET', `/v1/deviceAuthentications/${flow.challenge}`),
      await call(hub, 'GET', `/v1/challenges/${flow.challenge}`, { token: hub.backend() }),
      await call(hub, 'GET', `/v1/challenges/${flow.challenge}`, { token: flow.waitToken }),
    ]
    for (const { status, text } of told) {
      expect(status).toBe(200)
      expect(text).not.toContain(flow.flowId)
    }
    const shown = (await look(hub, flow)).text
    for (const secret of [flow.challenge, flow.waitToken]) expect(shown).not.toContain(secret)
  })

  it('outlives a change of the secrets: it is read by whoever knows the one it was made with', async () => {
    const redis = await startRedis()
    const fresh = 'another-secret-for-tests-of-40-characters'
    const REDIS_URL = redis.url
    const [old, changing, other] = await Promise.all([
      startHub({ REDIS_URL }),
      startHub({ REDIS_URL, JWT_SECRET: `${fresh},${TEST_SECRET}` }),
      startHub({ REDIS_URL, JWT_SECRET: fresh }),
    ])
    const named = newUser()
    await addDevice(old, named, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
    const flow = await opened(old, { user: { id: named } })
    const begun = await done(changing, flow, 'authenticate')
    expect(begun).toMatchObject({ id: flow.flowId, status: 'OTP_REQUIRED' })
    expect(begun._links.self?.href).toBe(`${FLOWS}/${flow.flowId}`)
    expectRefused(await look(other, flow), [404, 'RESOURCE_NOT_FOUND'])
    const next = await opened(changing, { user: { id: named } })
    expect((await look(other, next)).status).toBe(200)
    await Promise.all([old.stop(), changing.stop(), other.stop()])
    await redis.stop()
  })
})

describe('below its path', () => {
  it.each([
    ['/pf-ws', 404, 'RESOURCE_NOT_FOUND'],
    ['/pf-ws/authn', 404, 'RESOURCE_NOT_FOUND'],
    [`${FLOWS}/x/y`, 404, 'RESOURCE_NOT_FOUND'],
    [`${FLOWS}/%zz`, 400, 'INVALID_REQUEST'],
    [FLOWS, 405, 'INVALID_REQUEST'],
  ] as const)('%s is refused in its words, on both ways', async (path, status, code) => {
    for (const origin of [undefined, BANK]) {
      const reply = await rawRequest({ url: hub.url, origin }, 'GET', path, { headers: OURS })
      expectRefused(reply, [status, code])
      expect(reply.headers.get('allow')).toBe(status === 405 ? 'POST' : null)
    }
  })

  it('and beside it in the hub’s own', async () => {
    const { text } = await call(hub, 'GET', '/pf-wsx')
    expect(text).toContain('urn:assent:problem:not_found')
  })
})
