import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { open } from './hubs.ts'
import { rawRequest } from './raw-request.ts'

const SHOP = 'https://shop.example'
const BANK = 'http://localhost:8080'

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub({ CORS_ORIGINS: `${SHOP},${BANK}` })
})
afterAll(() => hub.stop())

const preflight = (origin: string, path = '/v1/challenges/x') =>
  rawRequest(hub, 'OPTIONS', path, {
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'authorization,content-type,idempotency-key',
    },
  })
const allowed = (headers: Headers) => headers.get('access-control-allow-origin')

describe('pages of other origins', () => {
  it.each([SHOP, BANK])('may call from %s', async (origin) => {
    const { status, headers } = await preflight(origin)
    expect(status).toBe(204)
    expect(allowed(headers)).toBe(origin)
    expect(headers.get('access-control-allow-methods')?.split(',')).toEqual(
      expect.arrayContaining(['GET', 'POST', 'PATCH', 'DELETE']),
    )
    expect(headers.get('access-control-allow-headers')).toBe('authorization,content-type,idempotency-key')
    const { challenge } = await open(hub)
    const reply = await call(hub, 'GET', `/v1/challenges/${challenge}`, {
      token: hub.backend(),
      headers: { Origin: origin },
    })
    expect(allowed(reply.headers)).toBe(origin)
    expect(reply.headers.get('vary')).toMatch(/\bOrigin\b/)
    expect(reply.headers.get('access-control-expose-headers')?.split(',')).toEqual(['Date', 'ETag', 'Retry-After'])
  })

  it.each([
    'https://evil.example',
    'https://shop.example.evil.example',
    'http://shop.example',
    'null',
    'https://SHOP.example',
  ])('are not let in from %s', async (origin) => {
    expect(allowed((await preflight(origin)).headers)).toBeNull()
    const reply = await call(hub, 'GET', '/v1/stats', { token: hub.backend(), headers: { Origin: origin } })
    expect(allowed(reply.headers)).toBeNull()
  })

  it('may read a refusal as well', async () => {
    const reply = await call(hub, 'GET', '/v1/stats', { headers: { Origin: SHOP } })
    expect(reply.status).toBe(401)
    expect(allowed(reply.headers)).toBe(SHOP)
  })

  it('may bring no cookies', async () => {
    expect((await preflight(SHOP)).headers.get('access-control-allow-credentials')).toBeNull()
  })
})
