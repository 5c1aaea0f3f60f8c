import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { AuthenticationView } from '../../server/protocol/mfa.ts'
import { ask, connected, dial, hangUpAll, type Status } from '../gateway/sockets.ts'
import { expectProblem } from '../http/expect-problem.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { PhoneBrowser } from '../support/phone-browser.ts'
import { PushService } from '../support/push-service.ts'
import { act, describeMfa, expectRefusal, mfa, newUser, pairPhone } from './world.ts'

/* A phone whose app is closed is woken up, and told nothing that a locked screen may not show. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'

describeMfa((world) => {
  let service: PushService
  beforeEach(async () => {
    service = await PushService.start()
  })
  afterEach(async () => {
    hangUpAll()
    await service.stop()
  })

  /** A paired phone whose browser has subscribed. */
  const subscribed = async () => {
    const [{ user, phone }, browser] = [await pairPhone(world.one), new PhoneBrowser()]
    const body = browser.subscribe(`${service.origin}/${phone.id}`)
    const set = await call(world.other, 'PUT', `/v1/devices/${phone.id}/push`, { token: phone.token, body })
    expect(set.status).toBe(204)
    return { user, phone, browser }
  }
  const begun = async (user: string, body: object = {}) => {
    const reply = await mfa<AuthenticationView>(world.one, 'POST', AUTHENTICATIONS, { user: { id: user }, ...body })
    expect(reply.status).toBe(201)
    return reply.body
  }
  const challengeOf = async ({ id }: { id: string }) =>
    (await call<Status>(world.other, 'GET', `/v1/challenges/${id}`, { token: world.other.backend() })).body

  it('is pushed to, the challenge and its end and nothing else', async () => {
    const { user, phone, browser } = await subscribed()
    const authentication = await begun(user, { userAgent: 'Firefox', numberMatching: 'SIX_DIGITS' })
    await eventually(() => service.carried.heard.length === 1)
    const [push] = service.carried.heard
    const opened = JSON.parse(browser.open(push?.sealed ?? Buffer.alloc(0)))
    const [shown] = await phone.approvals(world.other)
    expect(opened).toEqual({
      id: expect.any(String),
      kind: 'requested',
      challenge: authentication.id,
      expiresAt: shown?.expiresDate,
    })
    expect(push).toMatchObject({ path: `/${phone.id}`, urgency: 'high' })
    expect(push?.ttl).toBeLessThanOrEqual(120)
    await eventually(async () => (await challengeOf(authentication)).authentication?.notification === 'SENT')
    // What was asked before the push was told of is still what is asked.
    expect((await phone.decide(world.one, 'deny', shown as ApprovalView)).status).toBe(200)
  })

  it('is not pushed to while its app is open and says that it has the question', async () => {
    const { user, phone } = await subscribed()
    const socket = await connected(dial(world.other.url, '/approving', { token: phone.token }))
    const arrived = new Promise<ApprovalView>((resolve) => socket.once('requested', resolve))
    const authentication = await begun(user)
    const { challenge } = await arrived
    await ask(socket, 'received', { challenge, delivery: 'delivered' })
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(service.asked).toBe(0)
    expect(await challengeOf(authentication)).toMatchObject({ delivery: 'delivered' })
  })

  it('is told to take its notification back when the question is withdrawn', async () => {
    const { user, browser } = await subscribed()
    const authentication = await begun(user)
    await eventually(async () => (await challengeOf(authentication)).authentication?.notification === 'SENT')
    await act(world.other, `${AUTHENTICATIONS}/${authentication.id}`, 'cancel')
    await eventually(() => service.carried.heard.length === 2)
    const opened = JSON.parse(browser.open(service.carried.heard[1]?.sealed ?? Buffer.alloc(0)))
    expect(opened).toMatchObject({ kind: 'withdrawn', challenge: authentication.id })
    expect(service.carried.heard[1]?.topic).toBe(service.carried.heard[0]?.topic)
  })

  it('is pushed to for a plain challenge, too', async () => {
    const { user, browser } = await subscribed()
    const created = await call<Status>(world.one, 'POST', '/v1/challenges', {
      token: world.one.backend(),
      body: { approver: user, display: { title: 'Open the door' } },
    })
    await eventually(() => service.carried.heard.length === 1)
    const text = browser.open(service.carried.heard[0]?.sealed ?? Buffer.alloc(0))
    expect(JSON.parse(text)).toMatchObject({ kind: 'requested', challenge: created.body.challenge })
    expect(text).not.toContain('door')
  })

  it('that can not be pushed to loses nothing: the state says so, and it finds the question when it asks', async () => {
    const { user, phone } = await subscribed()
    service.reply = { status: 500 }
    const authentication = await begun(user)
    await eventually(async () => (await challengeOf(authentication)).authentication?.notification === 'FAILED')
    expect(await phone.approvals(world.other)).toHaveLength(1)
    service.reply = { status: 201 }
    await act(world.other, `${AUTHENTICATIONS}/${authentication.id}`, 'otp.resend')
    await eventually(async () => (await challengeOf(authentication)).authentication?.notification === 'SENT')
  })

  it('whose subscription is over is not pushed to again', async () => {
    const { user } = await subscribed()
    service.reply = { status: 410 }
    const authentication = await begun(user)
    await eventually(async () => (await challengeOf(authentication)).authentication?.notification === 'FAILED')
    const asked = service.asked
    await act(world.other, `${AUTHENTICATIONS}/${authentication.id}`, 'otp.resend')
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(service.asked).toBe(asked)
  })

  it('of a native app is pushed to by its application’s webhook', async () => {
    const pushWebhook = world.provider.environment.DELIVERY_WEBHOOK_URL
    const application = await mfa(world.one, 'POST', '/v1/applications', { name: `Bank ${newUser()}`, pushWebhook })
    const { user, phone } = await pairPhone(world.one, newUser(), application.body.id)
    const token = newUser().replaceAll(' ', '-')
    const body = { platform: 'FCM', token }
    await call(world.one, 'PUT', `/v1/devices/${phone.id}/push`, { token: phone.token, body })
    const authentication = await begun(user)
    const pushed = () => world.provider.delivered.heard.filter((one) => 'token' in one && one.token === token)
    await eventually(() => pushed().length === 1)
    expect(pushed()[0]).toEqual({ platform: 'FCM', token, challenge: authentication.id, expiresAt: expect.any(Number) })
  })

  describe('where it is pushed to', () => {
    it('only the phone itself says', async () => {
      const [{ phone }, { phone: other }] = [await subscribed(), await subscribed()]
      const body = new PhoneBrowser().subscribe(`${service.origin}/x`)
      const path = `/v1/devices/${phone.id}/push`
      expectRefusal(await call(world.one, 'PUT', path, { token: other.token, body }), 'NOT_FOUND')
      expectRefusal(await mfa(world.one, 'PUT', path, body), 'ACCESS_FAILED', ['INSUFFICIENT_PERMISSIONS'])
      const foreign = { endpoint: 'http://10.0.0.1/x', keys: body.keys }
      expectRefusal(await call(world.one, 'PUT', path, { token: phone.token, body: foreign }), 'INVALID_DATA', [
        'INVALID_VALUE',
        'body',
      ])
    })

    it('is a key that browsers subscribe with', async () => {
      const { phone } = await subscribed()
      const key = await call<{ publicKey: string }>(world.one, 'GET', '/v1/push/key', { token: phone.token })
      expect(key.body.publicKey).toMatch(/^B[\w-]{86}$/)
      expectProblem(await call(world.one, 'GET', '/v1/push/key', { token: world.one.backend() }), 'insufficient_scope')
    })
  })
})
