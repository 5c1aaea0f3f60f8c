import { TOTP } from 'otpauth'
import { expect, it } from 'vitest'
import type { AuthenticationView, DeviceView } from '../../server/protocol/mfa.ts'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { Provider } from '../support/provider.ts'
import { startRedis } from '../support/redis-server.ts'
import { act, addDevice, describeMfa, devicesOf, expectRefusal, mfa, newEmail, newUser } from './world.ts'

/* What a stranger tried: each of these once did what it must not. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'

describeMfa((world) => {
  const begin = (body: object, hub = world.one, headers = {}) =>
    mfa<AuthenticationView>(hub, 'POST', AUTHENTICATIONS, body, { headers })
  const does = ({ id }: AuthenticationView, action: string, body: object = {}, hub: RunningHub = world.other) =>
    act<AuthenticationView>(hub, `${AUTHENTICATIONS}/${id}`, action, body)
  const read = async ({ id }: AuthenticationView) =>
    (await mfa<AuthenticationView>(world.one, 'GET', `${AUTHENTICATIONS}/${id}`)).body
  const detailOf = (body: unknown) => (body as { details?: { code: string }[] }).details?.[0]?.code

  const person = async () => {
    const [user, email] = [newUser(), newEmail()]
    const mail = await addDevice(world.one, user, { type: 'EMAIL', email, status: 'ACTIVE' })
    const app = await addDevice(world.one, user, { type: 'TOTP' })
    const { secret = '' } = app
    const early = new TOTP({ secret }).generate({ timestamp: Date.now() - 30_000 })
    await act(world.one, `${devicesOf(user)}/${app.id}`, 'device.activate', { otp: early })
    return { user: { id: user }, email, mail, app, code: () => new TOTP({ secret }).generate() }
  }
  const wrong = (right: string) => String((Number(right) + 1) % 1_000_000).padStart(6, '0')

  it('a code of one device proves nothing while another one is selected, however the two are raced', async () => {
    for (let round = 0; round < 8; round++) {
      const { user, app } = await person()
      const { body } = await begin({ user, testMode: true })
      const otp = body.test?.otp ?? ''
      const [checked] = await Promise.all([
        does(body, 'otp.check', { otp }, world.one),
        does(body, 'device.select', { device: { id: app.id } }, world.other),
      ])
      if (checked.status === 200) continue
      const again = await does(body, 'otp.check', { otp })
      expect(again.status).not.toBe(200)
    }
  })

  it('a code in hand for a challenge that has an authentication already proves nothing for it, and costs it nothing', async () => {
    const { user, email, code } = await person()
    const { body } = await begin({ user, include: ['EMAIL'] })
    const otp = world.provider.codeFor(email)
    for (let tries = 0; tries < 2; tries++) await does(body, 'otp.check', { otp: wrong(otp) })
    const foreign = code()
    const refused = await begin({ user, waitingChallenge: body.id, otp: foreign })
    expectRefusal(refused, 'INVALID_DATA', ['INVALID_VALUE', 'waitingChallenge'])
    const { details } = expectRefusal(await does(body, 'otp.check', { otp: foreign }), 'REQUEST_FAILED', [
      'INVALID_OTP',
      'otp',
    ])
    expect(details?.[0]?.innerError).toEqual({ attemptsRemaining: 0 })
    expect((await begin({ user, otp: foreign })).body.status).toBe('COMPLETED')
  })

  it('codes are sent five times more, however many ask at once or in turn', async () => {
    const { user, email, app, mail } = await person()
    const { body } = await begin({ user, retryable: true })
    const asked = Array.from({ length: 20 }, (_, at) => does(body, 'otp.resend', {}, at % 2 ? world.one : world.other))
    const replies = await Promise.all(asked)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(5)
    for (const reply of replies) if (reply.status === 429) expect(detailOf(reply.body)).toBe('OTP_RESEND_LIMIT')
    await does(body, 'device.select', { device: { id: app.id } })
    const back = await does(body, 'device.select', { device: { id: mail.id } })
    expectRefusal(back, 'REQUEST_LIMITED', ['OTP_RESEND_LIMIT'])
    await does(body, 'cancel', { reason: 'CHANGE_DEVICE' })
    const anew = await does(body, 'device.select', { device: { id: mail.id } })
    expectRefusal(anew, 'REQUEST_LIMITED', ['OTP_RESEND_LIMIT'])
    expect(world.provider.sentTo(email)).toHaveLength(6)
  })

  it('a code app can not be guessed at over many authentications, even without a cool-down', async () => {
    const failure = { count: 7, coolDown: { duration: 0, timeUnit: 'MINUTES' } }
    const words = { name: newUser(), totp: { otp: { failure } } }
    const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)
    const { user, app, code } = await person()
    let taken = 0
    for (let at = 0; at < 3; at++) {
      const { body } = await begin({ user, policy: { id: policy.id }, include: ['TOTP'] })
      if (!body.id) break
      for (let guess = 0; guess < 7; guess++) {
        const reply = await does(body, 'otp.check', { otp: wrong(code()) })
        if (detailOf(reply.body) === 'INVALID_OTP') taken += 1
      }
    }
    expect(taken).toBe(10)
    const { lock } = (await mfa<DeviceView>(world.one, 'GET', `${devicesOf(user.id)}/${app.id}`)).body
    expect(lock.status).toBe('LOCKED')
  })

  it('a right code beside a new one or a wrong one never denies the person', async () => {
    for (let round = 0; round < 8; round++) {
      const { user, email } = await person()
      const { body } = await begin({ user })
      const otp = world.provider.codeFor(email)
      const beside =
        round % 2 ? does(body, 'otp.resend', {}, world.one) : does(body, 'otp.check', { otp: wrong(otp) }, world.one)
      const [checked] = await Promise.all([does(body, 'otp.check', { otp }), beside])
      if (checked.status === 200) continue
      await does(body, 'otp.check', { otp: world.provider.codeFor(email) })
      expect((await read(body)).status).toBe('COMPLETED')
    }
  })

  it('one wish that is repeated at once is one message, and one code that is good', async () => {
    for (let round = 0; round < 4; round++) {
      const { user, email } = await person()
      const headers = { 'Idempotency-Key': newUser() }
      const [one, other] = await Promise.all([
        begin({ user }, world.one, headers),
        begin({ user }, world.other, headers),
      ])
      expect([one.status, other.status, one.body.id]).toEqual([201, 201, other.body.id])
      expect(world.provider.sentTo(email)).toHaveLength(1)
      expect((await does(one.body, 'otp.check', { otp: world.provider.codeFor(email) })).status).toBe(200)
    }
  })

  it('a code that was sent does not outlive the lock that guessing brought', async () => {
    const failure = { count: 2, coolDown: { duration: 1, timeUnit: 'SECONDS' } }
    const words = { name: newUser(), email: { otp: { failure } } }
    const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)
    const { user, email } = await person()
    const { body } = await begin({ user, policy: { id: policy.id } })
    const otp = world.provider.codeFor(email)
    for (let tries = 0; tries < 2; tries++) await does(body, 'otp.check', { otp: wrong(otp) })
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    expectRefusal(await does(body, 'otp.check', { otp }), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
  })

  it('an approver’s word completes no authentication, and a challenge is driven by who may write challenges', async () => {
    const { user } = await person()
    const token = world.one.backend()
    const open = async (body: object) =>
      (await call<{ challenge: string }>(world.one, 'POST', '/v1/challenges', { token, body })).body.challenge
    const asked = await begin({ user, waitingChallenge: await open({ approver: 'anna' }) })
    expectRefusal(asked, 'INVALID_DATA', ['INVALID_VALUE', 'waitingChallenge'])
    const narrow = { token: world.one.token({ scope: 'mfa:write', sub: 'narrow' }) }
    const driven = await mfa(world.one, 'POST', AUTHENTICATIONS, { user, waitingChallenge: await open({}) }, narrow)
    expectRefusal(driven, 'ACCESS_FAILED', ['INSUFFICIENT_PERMISSIONS'])
  })

  it('a type that the policy switches off proves nothing any more', async () => {
    const { user, email } = await person()
    const path = '/v1/deviceAuthenticationPolicies'
    const { body: policy } = await mfa(world.one, 'POST', path, { name: newUser() })
    const { body } = await begin({ user, policy: { id: policy.id } })
    await mfa(world.one, 'PUT', `${path}/${policy.id}`, { name: policy.name, email: { enabled: false } })
    const checked = await does(body, 'otp.check', { otp: world.provider.codeFor(email) })
    expectRefusal(checked, 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'otp'])
    expect((await does(body, 'otp.resend')).status).toBe(400)
  })

  it('what was asked in another language or in test mode is sent anew so', async () => {
    const email = newEmail()
    const german = { template: { locale: 'de' } }
    const device = await addDevice(world.one, newUser(), { type: 'EMAIL', email, notification: german })
    await act(world.other, `${devicesOf(device.user.id)}/${device.id}`, 'device.sendActivationCode')
    expect(world.provider.sentTo(email).map(({ locale }) => locale)).toEqual(['de', 'de'])
    const quiet = newEmail()
    const tested = await addDevice(world.one, newUser(), { type: 'EMAIL', email: quiet, testMode: true })
    const path = `${devicesOf(tested.user.id)}/${tested.id}`
    const { body } = await act<DeviceView>(world.other, path, 'device.sendActivationCode')
    expect(world.provider.sentTo(quiet)).toEqual([])
    expect((await act(world.other, path, 'device.activate', { otp: body.test?.otp })).status).toBe(200)
  })

  it('odd words are refused by name, and end nothing', async () => {
    const lone = await mfa(world.one, 'POST', AUTHENTICATIONS, undefined, {
      raw: '{"user":{"id":"\\ud800"}}',
      headers: { 'Content-Type': 'application/json' },
    })
    expectRefusal(lone, 'INVALID_DATA', ['INVALID_VALUE', 'user.id'])
    const deep = { raw: `{"name":"${newUser()}","_links":${'['.repeat(5_000)}${']'.repeat(5_000)}}` }
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': newUser() }
    expect((await mfa(world.one, 'POST', '/v1/applications', undefined, { ...deep, headers })).status).toBe(201)
    const hyphen = { 'Content-Type': 'application/vnd.my-co.devices.reorder+json' }
    const reorder = await mfa(world.one, 'POST', devicesOf(newUser()), undefined, {
      raw: '{"type":"TOTP"}',
      headers: hyphen,
    })
    expectRefusal(reorder, 'INVALID_DATA', ['INVALID_VALUE', 'body'])
  })
})

it('a code that was sent under the old secret is good where the new one is first', async () => {
  const [provider, redis] = await Promise.all([Provider.start(), startRedis()])
  const [older, newer] = ['o'.repeat(40), 'n'.repeat(40)]
  const start = (JWT_SECRET: string) => startHub({ JWT_SECRET, REDIS_URL: redis.url, ...provider.environment })
  const [before, after] = await Promise.all([start(older), start(`${newer},${older}`)])
  const email = newEmail()
  const device = await addDevice(before, newUser(), { type: 'EMAIL', email })
  const path = `${devicesOf(device.user.id)}/${device.id}`
  const activated = await act(after, path, 'device.activate', { otp: provider.codeFor(email) })
  expect(activated.body).toMatchObject({ status: 'ACTIVE' })
  await Promise.all([before.stop(), after.stop()])
  await Promise.all([provider.stop(), redis.stop()])
})
