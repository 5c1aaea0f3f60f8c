import { TOTP } from 'otpauth'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { AuthenticationCodeView, AuthenticationView, PairingKeyView } from '../../server/protocol/mfa.ts'
import { connected, dial, hangUpAll, type Status } from '../gateway/sockets.ts'
import { expectProblem } from '../http/expect-problem.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { startHub } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import { PhoneBrowser } from '../support/phone-browser.ts'
import { PushService } from '../support/push-service.ts'
import { act, addDevice, describeMfa, devicesOf, expectRefusal, mfa, newUser, pairPhone } from './world.ts'

/* What a stranger tried with phones, pairing keys and codes, and found open. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'
const CODES = '/v1/authenticationCodes'

describeMfa((world) => {
  let service: PushService
  beforeEach(async () => {
    service = await PushService.start()
  })
  afterEach(async () => {
    hangUpAll()
    await service.stop()
  })

  const keysOf = (user: string) => `/v1/users/${encodeURIComponent(user)}/pairingKeys`
  const begin = (user: string, body: object = {}) =>
    mfa<AuthenticationView>(world.one, 'POST', AUTHENTICATIONS, { user: { id: user }, ...body })
  const begun = async (user: string, body: object = {}) => {
    const reply = await begin(user, body)
    expect(reply.text).toContain('"status"')
    expect(reply.status).toBe(201)
    return reply.body
  }
  const does = (id: string, action: string, body: object = {}) =>
    act<AuthenticationView>(world.other, `${AUTHENTICATIONS}/${id}`, action, body)
  const open = async (body: object) =>
    (await call<Status>(world.one, 'POST', '/v1/challenges', { token: world.one.backend(), body })).body.challenge
  const challengeOf = async (id: string) =>
    (await call<Status>(world.other, 'GET', `/v1/challenges/${id}`, { token: world.other.backend() })).body
  const shownOn = async (phone: Phone) => (await phone.approvals(world.other))[0] as ApprovalView
  const OFF = async () => {
    const body = { name: `Off ${newUser()}`, mobile: { push: { numberMatching: 'OFF' } } }
    return { id: (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', body)).body.id as string }
  }

  it('a phone that is deleted while it answers over its socket decides nothing without its key', async () => {
    for (let round = 0; round < 5; round++) {
      const { user, phone } = await pairPhone(world.one)
      const challenge = await open({ approver: user })
      const socket = await connected(dial(world.other.url, '/approving', { token: phone.token }))
      for (let at = 0; at < 40; at++) socket.emit('approve', { challenge }, () => undefined)
      const deleted = mfa(world.one, 'DELETE', `${devicesOf(user)}/${phone.id}`)
      for (let at = 0; at < 40; at++) socket.emit('approve', { challenge }, () => undefined)
      expect((await deleted).status).toBe(204)
      expect(await challengeOf(challenge)).toMatchObject({ challengeStatus: 'started' })
      socket.disconnect()
    }
  })

  it('a deleted phone does not come back when its device is made again under the same Idempotency-Key', async () => {
    const user = newUser()
    const headers = { 'Idempotency-Key': user }
    const make = () => mfa(world.one, 'POST', devicesOf(user), { type: 'MOBILE' }, { headers })
    const made = await make()
    const phone = new Phone()
    const { code } = made.body._embedded.pairingKey
    await phone.claim(world.one, code)
    await mfa(world.one, 'DELETE', `${devicesOf(user)}/${phone.id}`)
    const again = await make()
    expect(again.body._embedded.pairingKey).toMatchObject({ status: 'UNCLAIMED' })
    expect(again.body._embedded.pairingKey.code).not.toBe(code)
    expectRefusal(await phone.claim(world.other, code), 'NOT_FOUND')
    expectProblem(await call(world.other, 'GET', '/v1/approvals', { token: phone.token }), 'invalid_token')
    expectRefusal(await phone.renew(world.other), 'NOT_FOUND')
  })

  it('a code opens its own pairing key only, not one that is made again under the same id', async () => {
    const user = newUser()
    const headers = { 'Idempotency-Key': user }
    const make = async () => (await mfa<PairingKeyView>(world.one, 'POST', keysOf(user), {}, { headers })).body
    const first = await make()
    await mfa(world.one, 'DELETE', `${keysOf(user)}/${first.id}`)
    const second = await make()
    expectRefusal(await new Phone().claim(world.other, first.code ?? ''), 'NOT_FOUND')
    expect((await new Phone().claim(world.other, second.code ?? '')).status).toBe(201)
  })

  it('who may only read is shown no code to pair a phone with', async () => {
    const user = newUser()
    const key = (await mfa<PairingKeyView>(world.one, 'POST', keysOf(user), {})).body
    const app = await addDevice(world.one, user, { type: 'TOTP' })
    const reading = { token: world.one.token({ scope: 'mfa:read', sub: 'a reader' }) }
    for (const path of [keysOf(user), `${keysOf(user)}/${key.id}`, devicesOf(user), `${devicesOf(user)}/${app.id}`]) {
      const { status, text } = await call(world.other, 'GET', path, reading)
      expect(status).toBe(200)
      expect(text).not.toContain(key.code)
      expect(text).not.toContain(app.secret)
    }
    const qr = await call(world.other, 'GET', `${keysOf(user)}/${key.id}/qr`, reading)
    expectRefusal(qr, 'ACCESS_FAILED', ['INSUFFICIENT_PERMISSIONS'])
  })

  describe('a challenge that is driven', () => {
    it('is not approved by ending it in the word that it had', async () => {
      const { user } = await pairPhone(world.one)
      const said = await open({ challengeStatus: 'approved' })
      const body = { user: { id: user }, waitingChallenge: said }
      expectRefusal(await mfa(world.one, 'POST', AUTHENTICATIONS, body), 'INVALID_DATA', [
        'INVALID_VALUE',
        'waitingChallenge',
      ])
    })

    it('shows what its backend wants shown, asks for its number, and wakes the phone', async () => {
      const { user, phone } = await pairPhone(world.one)
      const subscription = new PhoneBrowser().subscribe(`${service.origin}/x`)
      await call(world.one, 'PUT', `/v1/devices/${phone.id}/push`, { token: phone.token, body: subscription })
      const display = { title: 'Transfer 9,999 EUR to Mallory' }
      const challenge = await open({ display, numberMatching: 6 })
      await begun(user, { waitingChallenge: challenge, policy: await OFF() })
      expect(await shownOn(phone)).toMatchObject({ display, numberMatching: 6 })
      expectProblem(await phone.decide(world.one, 'approve', await shownOn(phone)), 'invalid_request')
      await eventually(() => service.carried.heard.length === 1)
    })

    it('by a code that nobody claimed in time can be driven again', async () => {
      const { user } = await pairPhone(world.one)
      const challenge = await open({})
      const body = { application: { id: 'assent' }, waitingChallenge: challenge, lifeTime: { duration: 10 } }
      const code = await mfa<AuthenticationCodeView>(world.one, 'POST', CODES, body)
      expect(code.status).toBe(201)
      expect((await begin(user, { waitingChallenge: challenge })).status).toBe(400)
      await eventually(async () => (await mfa(world.one, 'GET', `${CODES}/${challenge}`)).body.status === 'EXPIRED', {
        within: 15_000,
      })
      expect((await begun(user, { waitingChallenge: challenge })).status).toBe('PUSH_CONFIRMATION_REQUIRED')
    })

    it('by a code shows what its backend wants shown, too', async () => {
      const { phone } = await pairPhone(world.one)
      const display = { title: 'Open the vault' }
      const challenge = await open({ display, numberMatching: 2 })
      const body = { application: { id: 'assent' }, waitingChallenge: challenge }
      const code = await mfa<AuthenticationCodeView>(world.one, 'POST', CODES, body)
      await phone.claimCode(world.one, code.body.code ?? '')
      expect(await shownOn(phone)).toMatchObject({ display, numberMatching: 2 })
    })
  })

  it('what was denied and then proven otherwise tells of what was proven', async () => {
    const { user, phone } = await pairPhone(world.one)
    const authentication = await begun(user, { retryable: true })
    const shown = await shownOn(phone)
    await phone.decide(world.other, 'deny', shown, { reason: 'Not now' })
    await does(authentication.id, 'device.select', { device: { id: phone.id } })
    const { secret = '', period } = phone.paired?.otp ?? {}
    await does(authentication.id, 'otp.check', { otp: new TOTP({ secret, period: period ?? 30 }).generate() })
    const ended = await challengeOf(authentication.id)
    expect(ended).toMatchObject({ challengeStatus: 'approved' })
    expect(ended).not.toHaveProperty('reason')
    expect(ended).not.toHaveProperty('decidedBy')
    const receipt = `/v1/challenges/${authentication.id}/receipt`
    expectProblem(await call(world.one, 'GET', receipt, { token: world.one.backend() }), 'challenge_not_found')
    expectProblem(await phone.decide(world.one, 'approve', shown), 'challenge_complete')
  })

  it('the very same signed wrong number costs one try', async () => {
    const { user, phone } = await pairPhone(world.one)
    const authentication = await begun(user)
    const number = authentication._embedded.challenge.number === '00' ? '01' : '00'
    const shown = await shownOn(phone)
    const signature = phone.statement('approve', shown, { number })
    for (let at = 0; at < 3; at++) {
      const reply = await phone.decide(world.other, 'approve', shown, { number }, signature)
      expect(expectProblem(reply, 'number_mismatch').attemptsRemaining).toBe(2)
    }
  })

  it('wrong codes lock a phone’s codes, and no pushes to it', async () => {
    const { user, phone } = await pairPhone(world.one)
    const authentication = await begun(user)
    for (let at = 0; at < 3; at++) await does(authentication.id, 'otp.check', { otp: '000000' })
    expectRefusal(await does(authentication.id, 'otp.check', { otp: '000000' }), 'REQUEST_LIMITED', [
      'DEVICE_LOCKED',
      'otp',
    ])
    expect((await begun(user)).selectedDevice).toEqual({ id: phone.id })
  })

  it('a phone that was removed while it was asked leaves no way open that leads nowhere', async () => {
    const { user, phone } = await pairPhone(world.one)
    const authentication = await begun(user, { retryable: true })
    await mfa(world.one, 'DELETE', `${devicesOf(user)}/${phone.id}`)
    const links = (await mfa(world.other, 'GET', `${AUTHENTICATIONS}/${authentication.id}`)).body._links
    expect(Object.keys(links).toSorted()).toEqual(['cancel', 'challenge', 'device.select', 'self'])
  })

  it('a claim that needs no approval can be said again when its answer got lost', async () => {
    const { phone } = await pairPhone(world.one)
    const body = { application: { id: 'assent' }, userApproval: 'NOT_REQUIRED' }
    const code = (await mfa<AuthenticationCodeView>(world.one, 'POST', CODES, body)).body.code ?? ''
    for (const hub of [world.one, world.other]) {
      expect((await phone.claimCode(hub, code)).body).toMatchObject({ status: 'COMPLETED' })
    }
  })

  it('a withdrawn code is told to its page as what it is', async () => {
    const made = await mfa<AuthenticationCodeView>(world.one, 'POST', CODES, { application: { id: 'assent' } })
    await mfa(world.one, 'DELETE', `${CODES}/${made.body.id}`)
    expect((await challengeOf(made.body.id)).authentication).toMatchObject({ status: 'FAILED' })
  })

  it('a phone keeps no notification of what another one is asked, or a backend has ended', async () => {
    const user = newUser()
    const [{ phone }, { phone: second }] = [await pairPhone(world.one, user), await pairPhone(world.one, user)]
    const browser = new PhoneBrowser()
    const subscription = browser.subscribe(`${service.origin}/x`)
    await call(world.one, 'PUT', `/v1/devices/${phone.id}/push`, { token: phone.token, body: subscription })
    const kinds = () => service.carried.heard.map(({ sealed }) => JSON.parse(browser.open(sealed)).kind)
    const first = await begun(user, { selectedDevice: { id: phone.id } })
    await eventually(async () => (await challengeOf(first.id)).authentication?.notification === 'SENT')
    await does(first.id, 'device.select', { device: { id: second.id } })
    await eventually(() => expect(kinds()).toEqual(['requested', 'withdrawn']))
    const next = await begun(user, { selectedDevice: { id: phone.id } })
    await eventually(async () => (await challengeOf(next.id)).authentication?.notification === 'SENT')
    const token = world.one.backend()
    const body = { challengeStatus: 'cancelled', isChallengeComplete: true }
    await call(world.one, 'PATCH', `/v1/challenges/${next.id}`, { token, body })
    await eventually(() => expect(kinds()).toEqual(['requested', 'withdrawn', 'requested', 'withdrawn']))
  })
})

it('an instance that is about to end pushes at once', async () => {
  const [service, hub] = [await PushService.start(), await startHub()]
  const { user, phone } = await pairPhone(hub)
  const subscription = new PhoneBrowser().subscribe(`${service.origin}/x`)
  await call(hub, 'PUT', `/v1/devices/${phone.id}/push`, { token: phone.token, body: subscription })
  await mfa(hub, 'POST', AUTHENTICATIONS, { user: { id: user } })
  const asked = performance.now()
  const stopped = hub.hub.stop(1)
  await eventually(() => service.carried.heard.length === 1)
  expect(performance.now() - asked).toBeLessThan(1_300)
  await stopped
  await service.stop()
})
