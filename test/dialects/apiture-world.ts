import { TOTP } from 'otpauth'
import { expect } from 'vitest'
import type { DeviceView } from '../../server/protocol/mfa.ts'
import { dial, type Status } from '../gateway/sockets.ts'
import { act, addDevice, devicesOf, newEmail, newPhone, newUser, pairPhone, type World } from '../mfa/world.ts'
import { type CallOptions, call, type Reply } from '../support/http-client.ts'
import type { RunningHub } from '../support/hub.ts'
import { Recorder } from '../support/recorder.ts'

export interface Authenticator {
  readonly _id: string
  readonly type: string
  readonly category: string
  readonly state: string
  readonly label: string
  readonly number?: string
  readonly publicKeyCredentialRequestOptions?: object
}

export interface Challenge {
  readonly _id: string
  readonly state: string
  readonly userId: string
  readonly operation?: string
  readonly createdAt: string
  readonly expiresAt: string
  readonly challenge?: string
  readonly waitToken?: string
  readonly _embedded: { readonly authenticators: readonly Authenticator[] }
  readonly _links: { readonly self: { readonly href: string } }
}

export interface Told {
  readonly _error: {
    readonly _id: string
    readonly statusCode: number
    readonly type: string
    readonly message: string
    readonly occurredAt: string
    readonly attributes?: { readonly attemptsRemaining: number }
  }
}

export const CHALLENGES = '/auth/challenges'

/** A service's calls. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came back
export function ask<Body = any>(
  hub: RunningHub,
  method: string,
  path: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<Reply<Body>> {
  const token = hub.token({ scope: 'mfa:write', sub: 'test-service' })
  return call<Body>(hub, method, path, { token, ...(body !== undefined && { body }), ...options })
}

/** Checks that an answer is this refusal, in the dialect's shape and in no other. */
export function expectError(
  { status, headers, text }: Reply<unknown>,
  statusCode: number,
  type: string,
): Told['_error'] {
  expect({ status, text }).toMatchObject({ status: statusCode, text: expect.stringContaining(`"${type}"`) })
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-store')
  const told = JSON.parse(text) as Told
  expect(Object.keys(told)).toEqual(['_error'])
  const { attributes: _attributes, ...rest } = told._error
  expect(Object.keys(rest)).toEqual(['_id', 'statusCode', 'type', 'message', 'occurredAt'])
  expect(rest).toMatchObject({ _id: expect.stringMatching(/^[0-9a-f-]{36}$/), statusCode, type })
  expect(new Date(rest.occurredAt).toISOString()).toBe(rest.occurredAt)
  expect(rest.message).toMatch(/\S/)
  // Nothing of the native shape, nothing of the machine.
  expect(text).not.toMatch(/urn:assent|"details"|\bat [^"]+:\d+:\d+|node_modules|\.ts\b|ioredis|deviceAuthentication/)
  if (status === 429 || status === 503) expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  return told._error
}

/** What tests of this dialect do over and over; they act on one instance, and look on the other. */
export function challengesOf(world: World) {
  const create = (body: object, query = '', hub = world.one, headers: Record<string, string> = {}) =>
    ask<Challenge>(hub, 'POST', CHALLENGES + query, body, { headers })
  const created = async (body: object, query = ''): Promise<Challenge> => {
    const reply = await create(body, query)
    expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 201 })
    return reply.body
  }
  const get = ({ _id }: { _id: string }, hub = world.other) => ask<Challenge>(hub, 'GET', `${CHALLENGES}/${_id}`)
  const read = async (challenge: { _id: string }) => {
    const reply = await get(challenge)
    expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 200 })
    return reply.body
  }
  const of = ({ _embedded }: Challenge, type: string): Authenticator => {
    const found = _embedded.authenticators.find((each) => each.type === type)
    if (!found) throw new Error(`no ${type}`)
    return found
  }
  const start = ({ _id }: Challenge, authenticator: { _id: string }, hub = world.other) =>
    ask<Authenticator>(hub, 'POST', `${CHALLENGES}/${_id}/authenticators/${authenticator._id}/start`)
  const started = async (challenge: Challenge, type: string, hub?: RunningHub) => {
    const reply = await start(challenge, of(challenge, type), hub)
    expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 200 })
    return reply.body
  }
  const verify = ({ _id }: Challenge, authenticator: { _id: string }, proof: unknown, hub = world.other) =>
    ask<Authenticator>(hub, 'POST', `${CHALLENGES}/${_id}/authenticators/${authenticator._id}/verify`, proof)
  const redeem = ({ _id }: { _id: string }, body?: object, hub = world.one, headers: Record<string, string> = {}) =>
    ask<Challenge>(hub, 'POST', `${CHALLENGES}/${_id}/redeem`, body, { headers })
  const remove = ({ _id }: { _id: string }, hub = world.one) => ask(hub, 'DELETE', `${CHALLENGES}/${_id}`)
  /** What the hub itself keeps. */
  const native = async ({ _id }: { _id: string }) =>
    (await call<Status>(world.other, 'GET', `/v1/challenges/${_id}`, { token: world.other.backend() })).body

  /** A page that waits on the other instance: every step it hears of, and how it ended. */
  const waiting = ({ waitToken = '' }: Challenge) => {
    const steps = new Recorder<string>()
    const ends = new Recorder<string>()
    dial(world.other.url, '/waiting', { token: waitToken }).on('status', (status: Status) => {
      if (status.authentication && steps.heard.at(-1) !== status.authentication.status)
        steps.listen(status.authentication.status)
      if (status.isChallengeComplete) ends.listen(status.challengeStatus)
    })
    return { steps, ends }
  }

  const withEmail = async (user = newUser()) => {
    const email = newEmail()
    return { userId: user, email, device: await addDevice(world.one, user, { type: 'EMAIL', email, status: 'ACTIVE' }) }
  }
  const withSms = async (user = newUser()) => {
    const phone = newPhone()
    return { userId: user, phone, device: await addDevice(world.one, user, { type: 'SMS', phone, status: 'ACTIVE' }) }
  }
  /** A code app that is active, and whose next code is one that was not taken yet. */
  const withApp = async (user = newUser()) => {
    const device = await addDevice(world.one, user, { type: 'TOTP' })
    const { secret = '' } = device
    // One step early: the one after it is still to come.
    const early = new TOTP({ secret }).generate({ timestamp: Date.now() - 30_000 })
    const activated = await act<DeviceView>(world.one, `${devicesOf(user)}/${device.id}`, 'device.activate', {
      otp: early,
    })
    expect(activated.body.status).toBe('ACTIVE')
    return { userId: user, device, code: () => new TOTP({ secret }).generate() }
  }
  const withPhone = async (user = newUser()) => ({ userId: user, phone: (await pairPhone(world.one, user)).phone })

  return {
    create,
    created,
    get,
    read,
    of,
    start,
    started,
    verify,
    redeem,
    remove,
    native,
    waiting,
    withEmail,
    withSms,
    withApp,
    withPhone,
  }
}

/** A code that is not this one. */
export function otherThan(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0')
}
