import { TOTP } from 'otpauth'
import { afterEach, describe, expect, it } from 'vitest'
import type { AuthenticationView, DeviceView } from '../../server/protocol/mfa.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import type { Lie } from '../support/validation-server.ts'
import { act, addDevice, describeMfa, devicesOf, expectRefusal, listed, mfa, newEmail, newUser } from './world.ts'

/* W Create Device and W Create Device Authentication with a YubiKey, whose codes a validation server judges. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'

const LIES: readonly Lie[] = [
  'unsigned',
  'other signature',
  'other nonce',
  'other code',
  'redirect',
  'cut',
  'page',
  'flood',
  500,
  404,
]

describeMfa((world) => {
  afterEach(() => {
    world.keys.lie = undefined
    world.keys.word = undefined
  })

  const create = (user: string, otp: unknown, more: object = {}, hub = world.one) =>
    mfa<DeviceView>(hub, 'POST', devicesOf(user), { type: 'YUBIKEY', otp, ...more })
  const owner = async () => {
    const [user, key] = [newUser(), world.keys.newKey()]
    const device = await addDevice(world.one, user, { type: 'YUBIKEY', otp: key.press() })
    return { user: { id: user }, device, press: key.press }
  }
  const begin = (body: object, hub = world.one) => mfa<AuthenticationView>(hub, 'POST', AUTHENTICATIONS, body)
  const begun = async (body: object) => (await begin(body)).body
  const check = ({ id }: AuthenticationView, otp: string, hub: RunningHub = world.other) =>
    act<AuthenticationView>(hub, `${AUTHENTICATIONS}/${id}`, 'otp.check', { otp })
  const remaining = (problem: ReturnType<typeof expectRefusal>) => problem.details?.[0]?.innerError?.attemptsRemaining

  describe('W Create Device', () => {
    it('a press makes it a device, active at once, whatever status was asked for', async () => {
      const { id, press } = world.keys.newKey()
      const user = newUser()
      const { body: device, status } = await create(user, ` ${press().toUpperCase()}\n`, {
        status: 'ACTIVATION_REQUIRED',
        nickname: 'On my keys',
      })
      expect(status).toBe(201)
      expect(device).toMatchObject({ type: 'YUBIKEY', status: 'ACTIVE', serialNumber: id, nickname: 'On my keys' })
      expect(Object.keys(device._links)).toEqual(['self'])
      expect((await mfa(world.other, 'GET', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`)).body).toEqual({
        mfaEnabled: true,
      })
      const again = await act(world.other, `${devicesOf(user)}/${device.id}`, 'device.activate', { otp: '123456' })
      expectRefusal(again, 'CONFLICT', ['ALREADY_ACTIVE'])
      expect((await listed(world.one, user, '?type=YUBIKEY')).size).toBe(1)
    })

    it.each([
      ['no code', undefined, 'REQUIRED_VALUE'],
      ['digits', '123456', 'INVALID_VALUE'],
      ['a code without a public id', 'c'.repeat(32), 'INVALID_VALUE'],
      ['too long a code', 'c'.repeat(49), 'INVALID_VALUE'],
      ['letters that no key types', 'a'.repeat(44), 'INVALID_VALUE'],
    ] as const)('%s makes none, and asks nobody', async (_what, otp, code) => {
      const before = world.keys.asked.length
      expectRefusal(await create(newUser(), otp), 'INVALID_DATA', [code, 'otp'])
      expect(world.keys.asked).toHaveLength(before)
    })

    it('no other type takes such a code', async () => {
      const body = { type: 'EMAIL', email: newEmail(), otp: world.keys.newKey().press() }
      expectRefusal(await mfa(world.one, 'POST', devicesOf(newUser()), body), 'INVALID_DATA', ['INVALID_VALUE', 'otp'])
    })

    it('a code that no key made, or was used before, makes none', async () => {
      const user = newUser()
      expectRefusal(await create(user, world.keys.press()), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      const { press } = await owner()
      const otp = press()
      world.keys.word = 'REPLAYED_OTP'
      expectRefusal(await create(user, otp), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
      expect((await listed(world.one, user)).size).toBe(0)
    })

    it('one key is one device, of racers one gets it; it is free again once that is gone', async () => {
      const { id, press } = world.keys.newKey()
      const users = Array.from({ length: 6 }, newUser)
      const replies = await Promise.all(
        users.map((user, at) => create(user, press(), {}, at % 2 ? world.one : world.other)),
      )
      const [won, ...more] = replies.filter(({ status }) => status === 201).map(({ body }) => body)
      expect(more).toEqual([])
      for (const reply of replies.filter(({ status }) => status !== 201)) {
        expectRefusal(reply, 'UNIQUENESS_VIOLATION', ['UNIQUENESS_VIOLATION', 'otp'])
      }
      const { user } = won as DeviceView
      expectRefusal(await create(user.id, press()), 'UNIQUENESS_VIOLATION', ['UNIQUENESS_VIOLATION', 'otp'])
      await mfa(world.one, 'DELETE', `${devicesOf(user.id)}/${won?.id}`)
      const second = await create(newUser(), press(), {}, world.other)
      expect(second.body).toMatchObject({ status: 'ACTIVE', serialNumber: id })
      await mfa(world.one, 'DELETE', `/v1/users/${encodeURIComponent(second.body.user.id)}`)
      expect((await create(newUser(), press())).status).toBe(201)
    })

    it('a key whose device never came to be is free', async () => {
      const full = newUser()
      for (let count = 0; count < 5; count++) await addDevice(world.one, full, { type: 'TOTP' })
      const { press } = world.keys.newKey()
      expectRefusal(await create(full, press()), 'REQUEST_LIMITED', ['LIMIT_EXCEEDED', 'user'])
      expect((await create(newUser(), press(), {}, world.other)).status).toBe(201)
    })

    it('the same wish under one Idempotency-Key is one device, from one code', async () => {
      const body = { type: 'YUBIKEY', otp: world.keys.newKey().press() }
      const headers = { 'Idempotency-Key': newUser() }
      const user = newUser()
      const first = await mfa<DeviceView>(world.one, 'POST', devicesOf(user), body, { headers })
      const second = await mfa<DeviceView>(world.other, 'POST', devicesOf(user), body, { headers })
      expect([first.status, second.status, second.body.id]).toEqual([201, 201, first.body.id])
      expect((await listed(world.one, user)).size).toBe(1)
    })
  })

  describe('an authentication', () => {
    it('is completed by a press', async () => {
      const { user, device, press } = await owner()
      const authentication = await begun({ user })
      expect(authentication).toMatchObject({ status: 'OTP_REQUIRED', selectedDevice: { id: device.id } })
      expect(authentication._links).not.toHaveProperty('otp.resend')
      const done = await check(authentication, press())
      expect(done.body).toMatchObject({ status: 'COMPLETED', authenticators: ['otp', 'hwk', 'mfa'] })
    })

    it('is not completed by another key’s press, which is not used up', async () => {
      const [one, other] = [await owner(), await owner()]
      const foreign = other.press()
      const authentication = await begun({ user: one.user })
      for (const attemptsRemaining of [2, 1]) {
        const refused = expectRefusal(await check(authentication, foreign), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
        expect(remaining(refused)).toBe(attemptsRemaining)
      }
      expect((await check(await begun({ user: other.user }), foreign)).status).toBe(200)
      expect((await check(authentication, one.press())).status).toBe(200)
    })

    it('takes a code once, even if the validation server says OK twice', async () => {
      const { user, press } = await owner()
      const otp = press()
      const [first, second] = [await begun({ user }), await begun({ user })]
      expect((await check(first, otp)).status).toBe(200)
      world.keys.word = 'OK'
      expectRefusal(await check(second, otp), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
      expectRefusal(await begin({ user, otp }), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
      expect((await check(second, press())).status).toBe(200)
    })

    it('takes a code once, over instances and racing authentications, even then', async () => {
      const { user, press } = await owner()
      world.keys.word = 'OK'
      const otp = press()
      const authentications = await Promise.all([0, 1].map(() => begun({ user })))
      const replies = await Promise.all(
        authentications.map((each, at) => check(each, otp, at % 2 ? world.one : world.other)),
      )
      expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 400])
    })

    it('is completed by one press that is sent twice at once, even where one wrong code ends it', async () => {
      const failure = { count: 1, coolDown: { duration: 0, timeUnit: 'MINUTES' } }
      const words = { name: newUser(), yubikey: { otp: { failure } } }
      const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)
      for (let round = 0; round < 4; round++) {
        const { user, press } = await owner()
        const authentication = await begun({ user, policy: { id: policy.id } })
        const otp = press()
        const replies = await Promise.all([check(authentication, otp, world.one), check(authentication, otp)])
        for (const { status } of replies) expect([200, 409]).toContain(status)
        const { body } = await mfa<AuthenticationView>(world.one, 'GET', `${AUTHENTICATIONS}/${authentication.id}`)
        expect(body.status).toBe('COMPLETED')
      }
    })

    it('refuses the code that made the device, and one that was used elsewhere', async () => {
      const { press } = world.keys.newKey()
      const otp = press()
      const device = await addDevice(world.one, newUser(), { type: 'YUBIKEY', otp })
      const authentication = await begun({ user: device.user })
      expectRefusal(await check(authentication, otp), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
      world.keys.word = 'REPLAYED_OTP'
      const refused = expectRefusal(await check(authentication, press()), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
      expect(remaining(refused)).toBe(1)
    })

    it('counts wrong codes exactly, over instances and at once, and locks the device', async () => {
      const { user, device, press } = await owner()
      const authentications = await Promise.all([0, 1].map(() => begun({ user })))
      world.keys.word = 'BAD_OTP'
      const replies = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          check(authentications[at % 2] as AuthenticationView, press(), at % 2 ? world.one : world.other),
        ),
      )
      const codes = replies.map(({ text }) => (JSON.parse(text) as { details: { code: string }[] }).details[0]?.code)
      expect(codes.filter((code) => code === 'INVALID_OTP')).toHaveLength(3)
      expect(codes.filter((code) => code === 'DEVICE_LOCKED')).toHaveLength(5)
      world.keys.word = undefined
      expectRefusal(await check(authentications[0] as AuthenticationView, press()), 'REQUEST_LIMITED', [
        'DEVICE_LOCKED',
        'otp',
      ])
      const path = `${devicesOf(user.id)}/${device.id}`
      expect((await mfa<DeviceView>(world.other, 'GET', path)).body.lock.status).toBe('LOCKED')
    })

    it('of a type that the policy switches off is none', async () => {
      const words = { name: newUser(), yubikey: { enabled: false } }
      const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)
      const { user } = await owner()
      expectRefusal(await begin({ user, policy: { id: policy.id } }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
      const wanted = await create(newUser(), world.keys.newKey().press(), { policy: { id: policy.id } })
      expectRefusal(wanted, 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'type'])
    })
  })

  describe('with the code in hand', () => {
    it('is over as soon as it begins, the device named or not', async () => {
      const { user, device, press } = await owner()
      const app = await addDevice(world.one, user.id, { type: 'TOTP' })
      const { secret = '' } = app
      const early = new TOTP({ secret }).generate({ timestamp: Date.now() - 30_000 })
      await act(world.one, `${devicesOf(user.id)}/${app.id}`, 'device.activate', { otp: early })
      const named = await begin({ user, selectedDevice: { id: device.id }, otp: press() })
      expect(named.body).toMatchObject({ status: 'COMPLETED', authenticators: ['otp', 'hwk', 'mfa'] })
      const any = await begin({ user, otp: press() }, world.other)
      expect(any.body).toMatchObject({ status: 'COMPLETED', selectedDevice: { id: device.id } })
      const byApp = await begin({ user, otp: new TOTP({ secret }).generate() })
      expect(byApp.body).toMatchObject({ status: 'COMPLETED', selectedDevice: { id: app.id } })
    })

    it('finds which of several keys typed it', async () => {
      const { user } = await owner()
      const { press } = world.keys.newKey()
      const second = await addDevice(world.one, user.id, { type: 'YUBIKEY', otp: press() })
      expect((await begin({ user, otp: press() })).body.selectedDevice).toEqual({ id: second.id })
    })

    it('counts a wrong one on the key', async () => {
      const { user } = await owner()
      const refused = expectRefusal(await begin({ user, otp: '123456' }), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      expect(remaining(refused)).toBe(2)
    })
  })

  it.each(LIES)('an answer that can not be believed (%s) is none, and costs nobody an attempt', async (lie) => {
    const { user, press } = await owner()
    const authentication = await begun({ user })
    world.keys.lie = lie
    for (let times = 0; times < 4; times++) expectRefusal(await check(authentication, press()), 'UNAVAILABLE')
    expectRefusal(await begin({ user, otp: press() }), 'UNAVAILABLE')
    expectRefusal(await create(newUser(), world.keys.newKey().press()), 'UNAVAILABLE')
    world.keys.lie = undefined
    const refused = expectRefusal(await check(authentication, '1'), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
    expect(remaining(refused)).toBe(2)
    expect((await check(authentication, press())).body.status).toBe('COMPLETED')
  })

  it.each(['BAD_SIGNATURE', 'NO_SUCH_CLIENT', 'REPLAYED_REQUEST', 'BACKEND_ERROR', 'constructor', ''])(
    'the word %j says nothing of the code',
    async (word) => {
      const { user, press } = await owner()
      const authentication = await begun({ user })
      world.keys.word = word
      expectRefusal(await check(authentication, press()), 'UNAVAILABLE')
    },
  )
})

it('where no validation server is configured the type is not allowed', async () => {
  const hub = await startHub()
  const user = newUser()
  expect((await listed(hub, user))._embedded.allowedtypes).not.toContain('YUBIKEY')
  const body = { type: 'YUBIKEY', otp: 'c'.repeat(44) }
  expectRefusal(await mfa(hub, 'POST', devicesOf(user), body), 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'type'])
  await hub.stop()
})
