import { TOTP } from 'otpauth'
import { describe, expect, it } from 'vitest'
import { tell } from '../../../server/dialects/pingfederate/errors.ts'
import { HubError } from '../../../server/errors.ts'
import { MfaError, refusal } from '../../../server/mfa/mfa-error.ts'
import { ERROR_STATUS, type ErrorCode } from '../../../server/protocol/error-codes.ts'
import { MFA_STATUS, type MfaCode } from '../../../server/protocol/mfa-errors.ts'
import { addDevice, describeMfa, devicesOf, mfa, newUser, pairPhone } from '../../mfa/world.ts'
import { call } from '../../support/http-client.ts'
import {
  act,
  answered,
  challengeOf,
  done,
  expectRefused,
  FLOWS,
  look,
  type Opened,
  OURS,
  opened,
  opening,
  policyWith,
  withEmail,
  wrong,
} from './flows.ts'

/* Every row of the table of errors, in this API's words and in no others; and what is refused has no effect. */

const INVALID = [400, 'VALIDATION_ERROR'] as const
const FAILED = [400, 'REQUEST_FAILED'] as const
const NOT_NOW = [400, 'INVALID_ACTION_ID'] as const
const ATTEMPTS = { count: 2, coolDown: { duration: 0, timeUnit: 'MINUTES' } }
const LOCKING = { count: 1, coolDown: { duration: 5, timeUnit: 'MINUTES' } }

describeMfa((world) => {
  const flowOf = async (user: string, body: object = {}) => opened(world.one, { user: { id: user }, ...body })
  /** A flow in which a code has been sent. */
  const asked = async (body: object = {}) => {
    const { user, email, device } = await withEmail(world)
    const flow = await flowOf(user, body)
    await done(world.one, flow, 'authenticate')
    return { user, email, device, flow, otp: world.provider.codeFor(email) }
  }
  const withCodeApp = async (user = newUser()) => {
    const device = await addDevice(world.one, user, { type: 'TOTP' })
    const { secret = '' } = device
    const early = new TOTP({ secret }).generate({ timestamp: Date.now() - 30_000 })
    await mfa(world.one, 'POST', `${devicesOf(user)}/${device.id}?action=device.activate`, { otp: early })
    return { user, wrongly: () => wrong(new TOTP({ secret }).generate()) }
  }
  /** What was refused has changed nothing. */
  const without = async <T>(flow: Opened, effect: () => Promise<T>): Promise<T> => {
    const { version } = await challengeOf(world.one, flow)
    const result = await effect()
    expect((await challengeOf(world.other, flow)).version).toBe(version)
    return result
  }

  describe('what is wrong with a body', () => {
    it.each([
      ['selectDevice', {}, ['FIELD_REQUIRED', 'deviceRef']],
      ['selectDevice', { deviceRef: {} }, ['FIELD_REQUIRED', 'deviceRef.id']],
      ['selectDevice', { deviceRef: { id: '' } }, ['INVALID_DEVICE', 'deviceRef.id']],
      ['selectDevice', { deviceRef: { id: 'nobody’s' } }, ['INVALID_DEVICE', 'deviceRef.id']],
      ['selectDevice', { deviceRef: 'x' }, ['INVALID_FIELD_FORMAT', 'deviceRef']],
      ['selectDevice', { deviceRef: { id: 'x', type: 'EMAIL' } }, ['UNRECOGNIZED_FIELD_NAME', 'deviceRef.type']],
      ['checkOtp', {}, ['FIELD_REQUIRED', 'otp']],
      ['checkOtp', { otp: '' }, ['FIELD_REQUIRED', 'otp']],
      ['checkOtp', { otp: 123456 }, ['INVALID_FIELD_FORMAT', 'otp']],
      ['checkOtp', { otp: '1'.repeat(65) }, ['INVALID_FIELD_VALUE', 'otp']],
      ['checkOtp', { otp: '1', more: 1 }, ['UNRECOGNIZED_FIELD_NAME', 'more']],
      ['checkOtp', ['123456'], ['UNEXPECTED_ACTION_MODEL']],
      ['checkOtp', null, ['UNEXPECTED_ACTION_MODEL']],
      ['resendOtp', { otp: '1' }, ['UNRECOGNIZED_FIELD_NAME', 'otp']],
      ['cancelAuthentication', 'please', ['UNEXPECTED_ACTION_MODEL']],
      ['cancelAuthentication', { reason: 'x' }, ['UNRECOGNIZED_FIELD_NAME', 'reason']],
    ] as const)('of %s: %j', async (action, body, detail) => {
      const { flow } = await asked()
      const reply = await without(flow, () => act(world.other, flow, action, body))
      expectRefused(reply, INVALID, detail as readonly [string, string?])
    })

    it.each([
      [{}, ['FIELD_REQUIRED', 'user']],
      [{ user: {} }, ['FIELD_REQUIRED', 'user.id']],
      [{ user: { id: 5 } }, ['INVALID_FIELD_FORMAT', 'user.id']],
      [{ user: { id: 'ada', name: 'jo' } }, ['UNRECOGNIZED_FIELD_NAME', 'user.name']],
      [{ resumeUrl: 'javascript:alert(1)' }, ['INVALID_FIELD_FORMAT', 'resumeUrl']],
      [{ resumeUrl: 'ftp://example.com/' }, ['INVALID_FIELD_FORMAT', 'resumeUrl']],
      [{ resumeUrl: '/back' }, ['INVALID_FIELD_FORMAT', 'resumeUrl']],
      [{ resumeUrl: `https://example.com/${'x'.repeat(2_000)}` }, ['INVALID_FIELD_VALUE', 'resumeUrl']],
      [{ waitingChallenge: 'short' }, ['INVALID_FIELD_VALUE', 'waitingChallenge']],
      [{ waitingChallenge: 'A'.repeat(43) }, ['INVALID_FIELD_VALUE', 'waitingChallenge']],
      [{ policy: { id: 'none' } }, ['INVALID_FIELD_VALUE', 'policy.id']],
      [{ application: { id: 'none' } }, ['INVALID_FIELD_VALUE', 'application.id']],
      [{ include: ['PIGEON'] }, ['INVALID_FIELD_VALUE', 'include.0']],
      [{ challengeTimeout: 0 }, ['INVALID_FIELD_VALUE', 'challengeTimeout']],
      [{ selectedDevice: { id: 'x' } }, ['UNRECOGNIZED_FIELD_NAME', 'selectedDevice']],
      [{ testMode: true }, ['UNRECOGNIZED_FIELD_NAME', 'testMode']],
      [{ retryable: false }, ['UNRECOGNIZED_FIELD_NAME', 'retryable']],
      [{ authenticationCode: {} }, ['UNRECOGNIZED_FIELD_NAME', 'user']],
    ] as const)('of an opening: %j', async (body, detail) => {
      const { user } = await withEmail(world)
      const reply = await opening(world.one, {
        ...(Object.keys(body).length > 0 && !('user' in body) && { user: { id: user } }),
        ...body,
      })
      expectRefused(reply, INVALID, detail as readonly [string, string?])
    })

    const ASSENT = { application: { id: 'assent' } }
    it.each([
      [{}, 'FIELD_REQUIRED', 'authenticationCode.application'],
      [{ application: { id: 'none' } }, 'INVALID_FIELD_VALUE', 'authenticationCode.application.id'],
      [{ ...ASSENT, lifeTime: { duration: 1 } }, 'INVALID_FIELD_VALUE', 'authenticationCode.lifeTime.duration'],
      [{ ...ASSENT, waitingChallenge: 'x' }, 'UNRECOGNIZED_FIELD_NAME', 'authenticationCode.waitingChallenge'],
    ])('of an opening for whoever claims a code: %j', async (authenticationCode, code, target) => {
      expectRefused(await opening(world.one, { authenticationCode }), INVALID, [code, target])
      const beside = await opening(world.one, { authenticationCode: ASSENT, claimsNameValuePairs: [{ name: '' }] })
      const [name, value] = ['claimsNameValuePairs.0.name', 'claimsNameValuePairs.0.value']
      expectRefused(beside, INVALID, ['FIELD_REQUIRED', name], ['FIELD_REQUIRED', value])
    })

    it('names every wrong field at once', async () => {
      const reply = await opening(world.one, { user: { id: 1 }, resumeUrl: 'x', more: 1 })
      expectRefused(
        reply,
        INVALID,
        ['INVALID_FIELD_FORMAT', 'user.id'],
        ['INVALID_FIELD_FORMAT', 'resumeUrl'],
        ['UNRECOGNIZED_FIELD_NAME', 'more'],
      )
    })

    it('is refused when it is not JSON, whatever it is called', async () => {
      const { flow } = await asked()
      const say = (raw: string, type: string, query = '') =>
        call(world.one, 'POST', `${FLOWS}/${flow.flowId}${query}`, { raw, headers: { ...OURS, 'Content-Type': type } })
      const ours = 'application/vnd.pingidentity.checkOtp+json'
      expectRefused(await say('{', ours), [400, 'INVALID_REQUEST'])
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
        expectRefused(await say('{}', type, '?action=checkOtp'), [400, 'INVALID_REQUEST'], ['INVALID_CONTENT_TYPE'])
      }
      expectRefused(await say(`{"otp":"${'x'.repeat(70_000)}"}`, ours), [413, 'INVALID_REQUEST'])
    })
  })

  describe('an action', () => {
    it('that is unknown, or not named, is none', async () => {
      const { flow } = await asked()
      expectRefused(await act(world.one, flow, 'device.select'), NOT_NOW)
      expectRefused(await act(world.one, flow, 'toString'), NOT_NOW)
      const headers = { ...OURS, 'Content-Type': 'application/json' }
      expectRefused(await call(world.one, 'POST', `${FLOWS}/${flow.flowId}`, { raw: '{}', headers }), NOT_NOW)
    })

    it('is named by the query, too, where nobody else says otherwise', async () => {
      const { flow, otp } = await asked()
      const say = (action: string, headers: Record<string, string>) =>
        call<Opened>(world.other, 'POST', `${FLOWS}/${flow.flowId}?action=${action}`, {
          raw: JSON.stringify({ otp }),
          headers: { ...OURS, ...headers },
        })
      const ours = { 'Content-Type': 'application/vnd.pingidentity.resendOtp+json' }
      expectRefused(await without(flow, () => say('checkOtp', ours)), NOT_NOW)
      const { body } = await say('checkOtp', { 'Content-Type': 'application/json', 'X-Pf-Authn-Api-State': 'echoed' })
      expect(body.status).toBe('MFA_COMPLETED')
    })

    const BODIES: Readonly<Record<string, object>> = {
      authenticate: {},
      selectDevice: { deviceRef: { id: 'x' } },
      checkOtp: { otp: '123456' },
      resendOtp: {},
      checkAssertion: { assertion: '{}', origin: 'https://login.example.com' },
      poll: {},
      continueAuthentication: {},
      cancelAuthentication: {},
    }
    const REACH: Readonly<Record<string, () => Promise<Opened>>> = {
      AUTHENTICATION_REQUIRED: async () => flowOf((await withEmail(world)).user),
      DEVICE_SELECTION_REQUIRED: async () => {
        const { user } = await withEmail(world)
        const flow = await flowOf((await withEmail(world, user)).user)
        await done(world.one, flow, 'authenticate')
        return flow
      },
      OTP_REQUIRED: async () => (await asked()).flow,
      PUSH_CONFIRMATION_WAITING: async () => (await pushing()).flow,
      PUSH_CONFIRMATION_REJECTED: async () => {
        const { flow, phone } = await pushing()
        await answered(world.one, phone, 'deny')
        return flow
      },
      MFA_COMPLETED: async () => {
        const { flow, otp } = await asked()
        await done(world.one, flow, 'checkOtp', { otp })
        return flow
      },
      MFA_FAILED: async () => {
        const flow = await flowOf((await withEmail(world)).user, { exclude: ['OTP'] })
        await done(world.one, flow, 'authenticate')
        return flow
      },
      CANCELED: async () => {
        const { flow } = await asked()
        await done(world.one, flow, 'cancelAuthentication')
        return flow
      },
    }
    const pushing = async () => {
      const { user, phone } = await pairPhone(world.one)
      const flow = await flowOf(user, { policy: await policyWith(world.one) })
      await done(world.one, flow, 'authenticate')
      return { flow, phone }
    }

    it.each(Object.keys(REACH))('that is not among the links of %s is refused, and has no effect', async (status) => {
      const flow = await (REACH[status] as () => Promise<Opened>)()
      const { body: state } = await look(world.other, flow)
      expect(state.status).toBe(status)
      const waits = ['MFA_COMPLETED', 'MFA_FAILED', 'CANCELED', 'PUSH_CONFIRMATION_REJECTED'].includes(status)
      const others = Object.keys(BODIES).filter((action) => !(action in state._links) && !(waits && action === 'poll'))
      expect(others.length).toBeGreaterThan(3)
      const emails = world.provider.delivered.heard.length
      for (const action of others) {
        const reply = await without(flow, () => act(world.other, flow, action, BODIES[action]))
        expectRefused(reply, NOT_NOW)
      }
      expect((await look(world.one, flow)).body).toEqual(state)
      expect(world.provider.delivered.heard.length).toBe(emails)
    })
  })

  describe('codes', () => {
    it('a wrong one, and one that was used, say how many tries are left', async () => {
      const { flow, otp } = await asked()
      const { details } = expectRefused(await act(world.one, flow, 'checkOtp', { otp: wrong(otp) }), INVALID, [
        'INVALID_OTP',
        'otp',
      ])
      expect(details[0]?.attemptsRemaining).toBe(2)
    })

    it('too many, when fewer are allowed than before', async () => {
      const policy = await policyWith(world.one, {}, { email: { otp: { failure: { ...ATTEMPTS, count: 3 } } } })
      const { flow, otp } = await asked({ policy })
      for (let tries = 0; tries < 2; tries++) await act(world.one, flow, 'checkOtp', { otp: wrong(otp) })
      const words = { name: newUser(), email: { otp: { failure: ATTEMPTS } } }
      await mfa(world.one, 'PUT', `/v1/deviceAuthenticationPolicies/${policy.id}`, words)
      expectRefused(await act(world.other, flow, 'checkOtp', { otp: wrong(otp) }), FAILED, ['OTP_ATTEMPTS_LIMIT'])
      expect((await look(world.one, flow)).body).toMatchObject({ status: 'MFA_FAILED', code: 'OTP_ATTEMPTS_LIMIT' })
    })

    it('too many of a code app', async () => {
      const { user, wrongly } = await withCodeApp()
      const policy = await policyWith(world.one, {}, { totp: { otp: { failure: { ...ATTEMPTS, count: 3 } } } })
      const flow = await flowOf(user, { policy })
      await done(world.one, flow, 'authenticate')
      for (let tries = 0; tries < 2; tries++) await act(world.one, flow, 'checkOtp', { otp: wrongly() })
      const words = { name: newUser(), totp: { otp: { failure: ATTEMPTS } } }
      await mfa(world.one, 'PUT', `/v1/deviceAuthenticationPolicies/${policy.id}`, words)
      expectRefused(await act(world.other, flow, 'checkOtp', { otp: wrongly() }), FAILED, ['TOTP_ATTEMPTS_LIMIT'])
      expect((await look(world.one, flow)).body).toMatchObject({ status: 'MFA_FAILED', code: 'TOTP_ATTEMPTS_LIMIT' })
    })

    it('of a device that is locked', async () => {
      const { user, wrongly } = await withCodeApp()
      const policy = await policyWith(world.one, {}, { totp: { otp: { failure: LOCKING } } })
      const flow = await flowOf(user, { policy })
      const state = await done(world.one, flow, 'authenticate')
      expectRefused(await act(world.one, flow, 'checkOtp', { otp: wrongly() }), INVALID, ['INVALID_OTP', 'otp'])
      expectRefused(await act(world.one, flow, 'checkOtp', { otp: wrongly() }), FAILED, ['DEVICE_LOCKED'])
      const again = { deviceRef: state.selectedDeviceRef }
      expectRefused(await act(world.one, flow, 'selectDevice', again), FAILED, ['DEVICE_LOCKED'])
    })

    it('that were sent too often', async () => {
      const { flow } = await asked()
      for (let sent = 0; sent < 5; sent++) await done(world.one, flow, 'resendOtp')
      expectRefused(await without(flow, () => act(world.one, flow, 'resendOtp')), FAILED, ['OTP_RESEND_LIMIT'])
    })
  })

  it('a phone whose owner wants to be left alone can not be asked, and the page is not told why', async () => {
    const { user, phone } = await pairPhone(world.one)
    const ask = async () => flowOf(user, { policy: await policyWith(world.one) })
    await done(world.one, await ask(), 'authenticate')
    const [shown] = await phone.approvals(world.one)
    if (!shown) throw new Error('nothing is asked')
    await phone.decide(world.one, 'deny', shown, { reason: 'not_me' })
    const flow = await ask()
    const reply = await without(flow, () => act(world.other, flow, 'authenticate'))
    const { message } = expectRefused(reply, FAILED, ['PUSH_FAILED'])
    expect(message).not.toMatch(/approver|not them/)
  })

  it('nobody without MFA, nor without the right to, opens a flow', async () => {
    expectRefused(await opening(world.one, { user: { id: newUser() } }), FAILED, ['MFA_DISABLED'])
    const { user } = await withEmail(world)
    const body = { user: { id: user } }
    const noToken = await call(world.one, 'POST', FLOWS, { body })
    expectRefused(noToken, [401, 'REQUEST_FAILED'])
    expect(noToken.headers.get('www-authenticate')).toBe('Bearer')
    for (const scope of ['mfa:read', 'challenges:write', 'challenges:approve']) {
      const token = world.one.token({ scope, sub: 'somebody' })
      expectRefused(await call(world.one, 'POST', FLOWS, { token, body }), [403, 'REQUEST_FAILED'])
    }
    const token = world.one.token({ scope: 'mfa:write', sub: 'test-backend' })
    expect((await call(world.one, 'POST', FLOWS, { token, body })).status).toBe(201)
    const driving = { ...body, waitingChallenge: 'A'.repeat(43) }
    expectRefused(await call(world.one, 'POST', FLOWS, { token, body: driving }), [403, 'REQUEST_FAILED'])
  })

  it('a challenge that is over, taken, or none can not be driven', async () => {
    const { user } = await withEmail(world)
    const flow = await flowOf(user)
    const taken = await opening(world.one, { user: { id: user }, waitingChallenge: flow.challenge })
    expectRefused(taken, INVALID, ['INVALID_FIELD_VALUE', 'waitingChallenge'])
  })

  it('is opened once under one Idempotency-Key, and not for anything else', async () => {
    const { user } = await withEmail(world)
    const headers = { 'Idempotency-Key': newUser() }
    const body = { user: { id: user }, resumeUrl: 'https://login.example.com/' }
    const [one, other] = await Promise.all([opening(world.one, body, headers), opening(world.other, body, headers)])
    expect([one.status, other.status]).toEqual([201, 201])
    expect(other.body.flowId).toBe(one.body.flowId)
    const elsewhere = { ...body, resumeUrl: 'https://evil.example/' }
    expectRefused(await opening(world.one, elsewhere, headers), [422, 'INVALID_REQUEST'])
    const key = { 'Idempotency-Key': 'x'.repeat(300) }
    expectRefused(await opening(world.one, body, key), INVALID, ['INVALID_FIELD_VALUE', 'Idempotency-Key'])
  })
})

describe('whatever is thrown', () => {
  it.each(Object.keys(ERROR_STATUS) as ErrorCode[])('is told in these words: %s', (code) => {
    const { status, body, headers } = tell(new HubError(code, 'Something.', { retryAfter: 7 }))
    expect(body).toMatchObject({
      code: expect.stringMatching(/^[A-Z_]+$/),
      userMessage: expect.any(String),
      details: expect.any(Array),
    })
    expect(status >= 500).toBe(ERROR_STATUS[code] >= 500)
    if (status === 503) expect(headers).toEqual({ 'Retry-After': '7' })
    if (status >= 500) expect(body).toMatchObject({ code: 'UNEXPECTED_ERROR' })
    if (ERROR_STATUS[code] === 404) expect(body).toMatchObject({ code: 'RESOURCE_NOT_FOUND' })
  })

  it.each(Object.keys(MFA_STATUS) as MfaCode[])('by the engine is told in these words: %s', (code) => {
    const { status, body } = tell(new MfaError(code, 'Something.', { current: { status: 'COMPLETED' } }))
    expect(body).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: 'Something.', details: [] })
    expect(JSON.stringify(body)).not.toContain('COMPLETED')
    expect(status).toBe(code === 'CONFLICT' ? 400 : code === 'UNIQUENESS_VIOLATION' ? 409 : MFA_STATUS[code])
  })

  it.each([
    ['OTP_EXPIRED', 'otp', 'REQUEST_FAILED', 'OTP_EXPIRED', undefined],
    ['OTP_REUSED', 'otp', 'VALIDATION_ERROR', 'INVALID_OTP', 'otp'],
    ['OATH_RESYNC_REQUIRED', 'otp', 'VALIDATION_ERROR', 'INVALID_OTP', 'otp'],
    ['DEVICE_NOT_ACTIVE', 'device.id', 'VALIDATION_ERROR', 'INVALID_DEVICE', 'deviceRef.id'],
    ['DEVICE_TYPE_DISABLED', 'device.id', 'VALIDATION_ERROR', 'INVALID_DEVICE', 'deviceRef.id'],
  ] as const)('of the engine’s reasons is told in these words: %s', (reason, field, code, detail, target) => {
    const { status, body } = tell(refusal('REQUEST_FAILED', reason, 'Something.', { target: field }))
    expect(status).toBe(400)
    expect(body).toMatchObject({ code, details: [{ code: detail, message: 'Something.' }] })
    expect((body as { details: { target?: string }[] }).details[0]?.target).toBe(target)
  })
})
