import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { DeviceListView, DeviceView, PairingKeyView } from '../../server/protocol/mfa.ts'
import { MFA_STATUS, type MfaCode, type MfaDetailCode, type MfaProblem } from '../../server/protocol/mfa-errors.ts'
import { type CallOptions, call, type Reply } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import { Provider } from '../support/provider.ts'
import { startRedis } from '../support/redis-server.ts'
import { ValidationServer } from '../support/validation-server.ts'

export const ENVIRONMENT_ID = '3e6d2d4c-6a31-4d1c-9f0a-1f2f0f6f8d11'

/** Where the pages are that ask FIDO devices. */
export const WEBAUTHN_ORIGINS = 'https://login.example.com,https://example.com,https://shop.example'

/** A deployment, and who carries its messages on. With one instance, both are the same. */
export interface World {
  readonly one: RunningHub
  readonly other: RunningHub
  readonly provider: Provider
  /** Who judges the codes of YubiKeys. */
  readonly keys: ValidationServer
  stop(): Promise<void>
}

const WORLDS: readonly (readonly [name: string, start: (environment?: Record<string, string>) => Promise<World>])[] = [
  [
    'one instance on the memory store',
    async () => {
      const [provider, keys] = await Promise.all([Provider.start(), ValidationServer.start()])
      const hub = await startHub({ ENVIRONMENT_ID, WEBAUTHN_ORIGINS, ...provider.environment, ...keys.environment })
      const stop = async () => {
        await hub.stop()
        await Promise.all([provider.stop(), keys.stop()])
      }
      return { one: hub, other: hub, provider, keys, stop }
    },
  ],
  [
    'two instances on one Redis',
    async () => {
      const [provider, keys, redis] = await Promise.all([Provider.start(), ValidationServer.start(), startRedis()])
      const environment = { ENVIRONMENT_ID, WEBAUTHN_ORIGINS, ...provider.environment, ...keys.environment }
      const start = () => startHub({ ...environment, REDIS_URL: redis.url })
      const [one, other] = await Promise.all([start(), start()])
      const stop = async () => {
        await Promise.all([one.stop(), other.stop()])
        await Promise.all([redis.stop(), provider.stop(), keys.stop()])
      }
      return { one, other, provider, keys, stop }
    },
  ],
]

/** Tests that hold in every world; what they are given is the world of the tests that are running. */
export function describeMfa(tests: (world: World) => void): void {
  describe.each(WORLDS)('%s', (_name, start) => {
    let world: World
    beforeAll(async () => {
      world = await start()
    })
    afterAll(() => world.stop())
    tests({
      get one() {
        return world.one
      },
      get other() {
        return world.other
      },
      get provider() {
        return world.provider
      },
      get keys() {
        return world.keys
      },
      stop: () => world.stop(),
    })
  })
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came back
export function mfa<Body = any>(
  hub: RunningHub,
  method: string,
  path: string,
  body?: unknown,
  options: CallOptions = {},
) {
  const token = hub.token({ scope: 'mfa:write challenges:write', sub: 'test-backend' })
  return call<Body>(hub, method, path, { token, ...(body !== undefined && { body }), ...options })
}

/** A `POST` whose action its content type names. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came back
export function act<Body = any>(hub: RunningHub, path: string, action: string, body: unknown = {}) {
  const headers = { 'Content-Type': `application/vnd.pingidentity.${action}+json` }
  return mfa<Body>(hub, 'POST', path, undefined, { raw: JSON.stringify(body), headers })
}

export function newUser(): string {
  return `user ${randomUUID()}`
}

export function devicesOf(user: string): string {
  return `/v1/users/${encodeURIComponent(user)}/devices`
}

export async function addDevice(hub: RunningHub, user: string, body: object): Promise<DeviceView> {
  const reply = await mfa<DeviceView>(hub, 'POST', devicesOf(user), body)
  expect(reply.text).toContain('"id"')
  expect(reply.status).toBe(201)
  return reply.body
}

export async function listed(hub: RunningHub, user: string, query = ''): Promise<DeviceListView> {
  const reply = await mfa<DeviceListView>(hub, 'GET', devicesOf(user) + query)
  expect(reply.status).toBe(200)
  return reply.body
}

/** A phone that is a user's, and active. */
export async function pairPhone(
  hub: RunningHub,
  user = newUser(),
  application = 'assent',
): Promise<{ user: string; phone: Phone }> {
  const key = await mfa<PairingKeyView>(hub, 'POST', `/v1/users/${encodeURIComponent(user)}/pairingKeys`, {})
  const phone = new Phone()
  const device = { name: "Ada's phone", application: { id: application } }
  const changes = application === 'assent' ? {} : { device }
  expect((await phone.claim(hub, key.body.code ?? '', changes)).status).toBe(201)
  return { user, phone }
}

let numbers = 0
/** A phone number and an e-mail address that nobody else has. */
export function newPhone(): string {
  return `+4930${String(1_000_000 + numbers++)}`
}
export function newEmail(): string {
  return `ada.${numbers++}@example.com`
}

/** Checks that an answer is this refusal, in the shape every one has, and gives it back. */
export function expectRefusal(
  { status, headers, text }: Reply<unknown>,
  code: MfaCode,
  ...details: readonly (readonly [code: MfaDetailCode, target?: string])[]
): MfaProblem {
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(headers.get('cache-control')).toBe('no-store')
  const problem = JSON.parse(text) as MfaProblem
  expect(problem).toMatchObject({ code, status: MFA_STATUS[code] })
  expect(status).toBe(MFA_STATUS[code])
  expect(problem.id).toMatch(/^[0-9a-f-]{36}$/)
  expect(problem.detail).toBe(problem.message)
  expect(problem.message).toMatch(/\S/)
  const told = (problem.details ?? []).map((detail) =>
    [detail.code, detail.target].filter((part) => part !== undefined),
  )
  expect(told.toSorted()).toEqual([...details].map((each) => [...each]).toSorted())
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(text).not.toMatch(/\bat .+:\d+:\d+|node_modules|\.ts\b|ioredis/)
  return problem
}
