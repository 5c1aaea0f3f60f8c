import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AssentError, AssentMfaError, createMfa, type Mfa } from '../../client-sdk/index.ts'
import { CAPABILITIES } from './capabilities.ts'
import { type Answer, RecordingHub } from './recording-hub.ts'

/* The client of seed 001's capabilities, before a hub that writes down what it is asked. */

let hub: RecordingHub
let mfa: Mfa
beforeEach(async () => {
  hub = await RecordingHub.start()
  mfa = createMfa({ url: `${hub.url}/`, token: 'a backend token' })
})
afterEach(() => hub.stop())

const user = { userId: 'anna' }
const device = { ...user, deviceId: 'd1' }
const authentication = { deviceAuthenticationId: 'a1' }
const problem = (status: number, code: string, more: object = {}): Answer => ({
  status,
  body: { status, code, message: 'No.', detail: 'No.', ...more },
})
const unavailable = problem(503, 'UNAVAILABLE')
const bodies = () => hub.calls.heard.map(({ body }) => body)

describe('every capability of seed 001', () => {
  it('has a method, each method a capability, and none is named twice', () => {
    const headings = CAPABILITIES.map(({ heading }) => heading)
    expect(new Set(headings).size).toBe(26)
    expect(headings.filter((heading) => heading.startsWith('W '))).toHaveLength(4)
    const methods = headings.map((heading) => methodOf(heading))
    expect(new Set(methods)).toEqual(new Set(Object.keys(mfa)))
  })

  it.each(CAPABILITIES)('$heading', async ({ call, request, action, body, beside = [] }) => {
    hub.answer = { status: 200, headers: { 'x-of': 'the hub' }, body: { _embedded: {}, id: 'the answer' } }
    const resolved = await call(mfa)
    expect(hub.calls.heard).toHaveLength(1)
    const [asked] = hub.calls.heard
    expect(`${asked?.method} ${asked?.url}`).toBe(request)
    expect(asked?.body).toEqual(body)
    const type = action === undefined ? 'application/json' : `application/vnd.assent.${action}+json`
    expect(asked?.headers['content-type']).toBe(body === undefined ? undefined : type)
    expect(asked?.headers.authorization).toBe('Bearer a backend token')
    expect(asked?.headers['idempotency-key'] !== undefined).toBe(asked?.method === 'POST' && action === undefined)
    expect(resolved).toMatchObject({ rawResponse: { id: 'the answer' }, statusCode: 200 })
    expect((resolved as { headers: object }).headers).toMatchObject({ 'x-of': 'the hub' })
    expect(Object.keys(resolved).toSorted()).toEqual(['rawResponse', 'headers', 'statusCode', ...beside].toSorted())
  })
})

/** A method is named as its heading, in one word. */
function methodOf(heading: string): string {
  const words = heading.replace(/^W /, '').split(' ')
  return words
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('')
    .replace(/^./, (first) => first.toLowerCase())
}

describe('what is taken', () => {
  it('sends no filter that is not switched on', async () => {
    hub.answer = { body: { _embedded: {} } }
    await mfa.readAllDevices({ ...user, setFilterFlag: false, statusFilter: 'ACTIVE', deviceTypes: ['SMS'] })
    await mfa.readAllDevices({ ...user, setFilterFlag: true, deviceTypes: [] })
    expect(hub.calls.heard.map(({ url }) => url)).toEqual(['/v1/users/anna/devices', '/v1/users/anna/devices'])
  })

  it('a device is first of all of the type that was typed in', async () => {
    await mfa.createDevice({ ...user, deviceType: 'SMS', customDeviceType: 'email', workforceDeviceType: 'VOICE' })
    expect(bodies()).toEqual([{ type: 'email' }])
  })

  it('what is filled of a device that is selected says which kind it is', async () => {
    await mfa.createDeviceAuthentication({ ...user, selectedDeviceId: 'd1', oneTimeDeviceType: 'SMS' })
    await mfa.createDeviceAuthentication({ ...user, oneTimeDeviceType: 'EMAIL', oneTimeEmailDevice: 'a@b.example' })
    await mfa.createDeviceAuthentication(user)
    expect(bodies()).toEqual([
      { user: { id: 'anna' }, selectedDevice: { id: 'd1' } },
      { user: { id: 'anna' }, selectedDevice: { oneTime: { type: 'EMAIL', email: 'a@b.example' } } },
      { user: { id: 'anna' } },
    ])
  })

  it('what is named and left empty is said to be, and not left to the default', async () => {
    await mfa.createDeviceAuthentication({ ...user, selectedDevice: 'ID', selectedDeviceId: '' })
    await mfa.createDeviceAuthentication({ ...user, selectedDevice: 'One-Time Device', oneTimeDeviceType: '' })
    await mfa.createDeviceAuthentication({ ...user, usernameLess: 'false' as unknown as boolean })
    expect(bodies()).toEqual([
      { user: { id: 'anna' }, selectedDevice: { id: '' } },
      { user: { id: 'anna' }, selectedDevice: { oneTime: {} } },
      { user: { id: 'anna' } },
    ])
  })

  it('what is Assent’s own goes along', async () => {
    const own = { include: ['OTP'], exclude: ['SMS'], waitingChallenge: 'w1', retryable: false, challengeTimeout: 60 }
    await mfa.createDeviceAuthentication({ ...user, ...own, numberMatching: 'SIX_DIGITS', display: { title: 'Pay' } })
    expect(bodies()).toEqual([
      { user: { id: 'anna' }, ...own, numberMatching: 'SIX_DIGITS', display: { title: 'Pay' } },
    ])
  })

  it('the connection’s policy is that of whatever names none', async () => {
    mfa = createMfa({ url: hub.url, apiKey: 'the key', policyId: 'ours' })
    await mfa.createDevice({ ...user, deviceType: 'TOTP' })
    await mfa.createDeviceAuthentication(user)
    await mfa.createDeviceAuthentication({ ...user, mfaPolicyId: 'theirs' })
    expect(bodies()).toMatchObject([
      { policy: { id: 'ours' } },
      { policy: { id: 'ours' } },
      { policy: { id: 'theirs' } },
    ])
    expect(hub.calls.heard[0]?.headers).toMatchObject({ 'api-key': 'the key' })
  })

  it('the default device, or the order as JSON', async () => {
    const order = [{ id: 'd2' }]
    hub.answer = { body: { _embedded: { devices: [], order } } }
    await mfa.setDeviceOrder({ ...user, setDeviceOrder: 'defaultDevice', defaultDeviceId: 'd2' })
    const json = { ...user, useDeviceOrderJsonAttributes: true, deviceOrderList: ['d1'] }
    await mfa.setDeviceOrder({ ...json, jsonAttributes: { order } })
    expect(await mfa.setDeviceOrder({ ...json, jsonAttributes: '{ "order": [{ "id": "d2" }] }' })).toMatchObject({
      order,
    })
    expect(bodies()).toEqual([{ defaultDevice: { id: 'd2' } }, { order }, { order }])
    const broken = mfa.setDeviceOrder({ ...json, jsonAttributes: '{ order' })
    await expect(broken).rejects.toMatchObject({ code: 'INVALID_REQUEST', details: [{ target: 'jsonAttributes' }] })
  })

  it.each([
    ['15', 'MINUTES', { duration: 15, timeUnit: 'MINUTES' }],
    [30, undefined, { duration: 30, timeUnit: 'SECONDS' }],
    ['soon', '', { duration: 'soon', timeUnit: 'SECONDS' }],
    ['', 'MINUTES', undefined],
  ] as const)('a code’s duration %j in %j', async (duration, timeUnit, lifeTime) => {
    await mfa.createAuthenticationCode({ authenticatingApplicationId: 'app', duration, timeUnit })
    expect(bodies()).toEqual([{ application: { id: 'app' }, ...(lifeTime && { lifeTime }) }])
  })

  it.each(['', '.', '..', ['..'], 'x\ud800'] as string[])(
    'the id %j, which would lead to another resource, leads nowhere',
    async (deviceId) => {
      const refused = { code: 'INVALID_DATA', details: [{ target: 'deviceId' }] }
      await expect(mfa.deleteDevice({ ...user, deviceId })).rejects.toMatchObject(refused)
      const none = mfa.readDeviceAuthenticationPolicy({})
      await expect(none).rejects.toMatchObject({ details: [{ code: 'REQUIRED_VALUE' }] })
      expect(hub.calls.heard).toEqual([])
    },
  )
})

describe('what is refused', () => {
  it('says why, in the hub’s words', async () => {
    const details = [
      { code: 'INVALID_OTP', target: 'otp', message: 'No.', innerError: { attemptsRemaining: 2 } },
    ] as const
    const headers = { 'retry-after': '1' }
    hub.answers.push({ ...problem(400, 'REQUEST_FAILED', { details, current: { id: 'a1' } }), headers })
    const error = await mfa.devicePasscode({ ...authentication, otp: '1' }).catch((refused: unknown) => refused)
    expect(error).toBeInstanceOf(AssentMfaError)
    expect(error).toBeInstanceOf(AssentError)
    expect(error).toMatchObject({
      code: 'REQUEST_FAILED',
      details,
      statusCode: 400,
      status: 400,
      retryAfter: 1,
      current: { id: 'a1' },
      isFinal: false,
      isPassing: false,
    })
    expect((error as AssentMfaError).headers).toMatchObject({ 'content-type': 'application/problem+json' })
  })

  it('also where nobody answers, or somebody else', async () => {
    hub.answers.push('cut', { status: 502, body: 'x' })
    for (const statusCode of [undefined, 502]) {
      const error = await mfa.devicePasscode({ ...authentication, otp: '1' }).catch((refused: unknown) => refused)
      expect(error).toBeInstanceOf(AssentMfaError)
      expect(error).toMatchObject({ code: 'unreachable', statusCode, details: [] })
    }
  })

  it('not when the caller has had enough', async () => {
    const enough = new Error('enough')
    await expect(mfa.readDevice(device, { signal: AbortSignal.abort(enough) })).rejects.toBe(enough)
  })
})

describe('is tried again', () => {
  it.each([
    ['a cut line', 'cut'],
    ['503', unavailable],
    ['a proxy’s page', { status: 502, body: 'a page' }],
  ] as const)('after %s: what can be', async (_what, fault) => {
    hub.answer = { body: { _embedded: {} } }
    const calls = [
      () => mfa.readDevice(device),
      () => mfa.createDevice({ ...user, deviceType: 'TOTP' }),
      () => mfa.updateMfaStatus({ ...user, mfaEnabled: true }),
      () => mfa.setDeviceOrder({ ...user, deviceOrderList: [] }),
      () => mfa.cancelDeviceAuthentication(authentication),
      () => mfa.createDeviceAuthentication(user),
    ]
    for (const call of calls) {
      hub.answers.push(fault)
      expect(await call()).toMatchObject({ statusCode: 200 })
    }
    const keys = hub.calls.heard.map(({ headers }) => headers['idempotency-key']).filter((key) => key !== undefined)
    expect(keys).toHaveLength(4)
    expect(keys[0]).toBe(keys[1])
    expect(keys[2]).toBe(keys[3])
    expect(new Set(keys).size).toBe(2)
  })

  it('not what costs an attempt or sends a message', async () => {
    const calls = [
      () => mfa.activateDevice({ ...device, otp: '1' }),
      () => mfa.resendOtpForPairing(device),
      () => mfa.deviceSelection({ ...authentication, deviceId: 'd1' }),
      () => mfa.devicePasscode({ ...authentication, otp: '1' }),
      () => mfa.fidoAssertion({ ...authentication, assertion: '{}', origin: 'https://bank.example' }),
      () => mfa.createDeviceAuthentication({ ...user, otp: '1' }),
    ]
    for (const call of calls) {
      hub.answers.push(unavailable)
      await expect(call()).rejects.toMatchObject({ code: 'UNAVAILABLE', isPassing: true })
    }
    expect(hub.calls.heard).toHaveLength(calls.length)
  })

  it('under the key it was given', async () => {
    hub.answers.push('cut')
    await mfa.createPairingKey(user, { idempotencyKey: 'phone 1' })
    expect(hub.calls.heard.map(({ headers }) => headers['idempotency-key'])).toEqual(['phone 1', 'phone 1'])
  })

  it('and what an earlier try has done is done', async () => {
    hub.answers.push('cut', problem(404, 'NOT_FOUND'))
    expect(await mfa.deleteDevice(device)).toMatchObject({ rawResponse: {}, statusCode: 204 })
    const over = (status: string) => problem(409, 'CONFLICT', { current: { id: 'a1', status } })
    hub.answers.push('cut', over('CANCELLED'))
    const cancelled = await mfa.cancelDeviceAuthentication(authentication)
    expect(cancelled).toMatchObject({ rawResponse: { id: 'a1' }, statusCode: 200 })
    hub.answers.push('cut', over('COMPLETED'))
    await expect(mfa.cancelDeviceAuthentication(authentication)).rejects.toMatchObject({ code: 'CONFLICT' })
    hub.answers.push(problem(404, 'NOT_FOUND'))
    await expect(mfa.deleteDevice(device)).rejects.toMatchObject({ code: 'NOT_FOUND', isFinal: true })
    hub.answers.push(over('CANCELLED'))
    await expect(mfa.cancelDeviceAuthentication(authentication)).rejects.toMatchObject({ code: 'CONFLICT' })
  })
})
