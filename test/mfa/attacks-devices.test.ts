import { afterEach, describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { AuthenticationCodeView, AuthenticationView } from '../../server/protocol/mfa.ts'
import { PROOF_TYPE } from '../../server/protocol/statement.ts'
import { hangUpAll, type Status } from '../gateway/sockets.ts'
import { call } from '../support/http-client.ts'
import { Phone } from '../support/phone.ts'
import { act, addDevice, describeMfa, devicesOf, expectRefusal, mfa, newEmail, newUser, pairPhone } from './world.ts'

/* What another stranger tried, and found open. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'
const CODES = '/v1/authenticationCodes'

describeMfa((world) => {
  afterEach(hangUpAll)

  const open = async () =>
    (await call<Status>(world.one, 'POST', '/v1/challenges', { token: world.one.backend(), body: {} })).body.challenge
  const key = () => ({ headers: { 'Idempotency-Key': newUser() } })
  const begin = (body: object, options = {}, hub = world.one) =>
    mfa<AuthenticationView>(hub, 'POST', AUTHENTICATIONS, body, options)

  describe('a challenge that one user’s authentication drives', () => {
    it('is not answered with to whoever wants to drive it for another, whatever their Idempotency-Key', async () => {
      const [{ user: alice }, { user: bob }] = [await pairPhone(world.one), await pairPhone(world.one)]
      const waitingChallenge = await open()
      const mine = key()
      const first = await begin({ user: { id: alice }, waitingChallenge }, mine)
      expect(first.status).toBe(201)
      const other = await begin({ user: { id: bob }, waitingChallenge }, key(), world.other)
      expectRefusal(other, 'INVALID_DATA', ['INVALID_VALUE', 'waitingChallenge'])
      const again = await begin({ user: { id: alice }, waitingChallenge }, mine, world.other)
      expect(again.body).toMatchObject({ id: waitingChallenge, user: { id: alice } })
    })

    it('is one user’s, however many want it at once', async () => {
      const phones = [await pairPhone(world.one), await pairPhone(world.one)]
      const waitingChallenge = await open()
      const replies = await Promise.all(
        phones.map(({ user }, at) =>
          begin({ user: { id: user }, waitingChallenge }, key(), at ? world.one : world.other),
        ),
      )
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 400])
    })

    it('is not a code’s that another wish has begun', async () => {
      const waitingChallenge = await open()
      const body = { application: { id: 'assent' }, waitingChallenge }
      const easy = await mfa(world.one, 'POST', CODES, { ...body, userApproval: 'NOT_REQUIRED' }, key())
      expect(easy.status).toBe(201)
      const strict = await mfa<AuthenticationCodeView>(world.other, 'POST', CODES, body, key())
      expectRefusal(strict, 'INVALID_DATA', ['INVALID_VALUE', 'waitingChallenge'])
    })
  })

  it('what a phone shows can not be turned around by whoever asks', async () => {
    const { user, phone } = await pairPhone(world.one)
    for (const wrong of ['x\u202ey', 'x\u2066y', 'x\u0000y', 'x\u001b[31my', 'x\ud800y']) {
      const refused = await begin({ user: { id: user }, notification: { clientContext: { Payee: wrong } } })
      expectRefusal(refused, 'INVALID_DATA', ['INVALID_VALUE', 'notification.clientContext'])
    }
    await begin({ user: { id: user }, userAgent: 'Chrome on \u202eswodniW' })
    const [shown] = await phone.approvals(world.other)
    expect(shown?.display?.fields).toEqual([{ label: 'Browser', value: 'Chrome on swodniW' }])
  })

  it('what does not fit on a phone is refused, and not left out', async () => {
    const { user } = await pairPhone(world.one)
    const fields = Array.from({ length: 19 }, (_none, at) => ({ label: `Field ${at}`, value: 'x' }))
    const asking = (clientContext: object) =>
      begin({ user: { id: user }, display: { title: 'Pay', fields }, notification: { clientContext } })
    expectRefusal(await asking({ amount: '5', payee: 'Bob' }), 'INVALID_DATA', [
      'INVALID_VALUE',
      'notification.clientContext',
    ])
    expect((await asking({ amount: '5' })).status).toBe(201)
  })

  it('a deleted device does not come back when its creation is repeated: what comes is a new one', async () => {
    const [user, email, options] = [newUser(), newEmail(), key()]
    const make = () => mfa(world.one, 'POST', devicesOf(user), { type: 'EMAIL', email, status: 'ACTIVE' }, options)
    const first = await make()
    const authentication = await begin({ user: { id: user } })
    const otp = world.provider.codeFor(email)
    await mfa(world.other, 'DELETE', `${devicesOf(user)}/${first.body.id}`)
    const second = await make()
    expect(second.status).toBe(201)
    expect(second.body.id).not.toBe(first.body.id)
    const check = await act(world.one, `${AUTHENTICATIONS}/${authentication.body.id}`, 'otp.check', { otp })
    expectRefusal(check, 'REQUEST_FAILED', ['DEVICE_NOT_ACTIVE', 'otp'])
  })

  it('a YubiKey that was deleted needs a new press', async () => {
    const [user, options] = [newUser(), key()]
    const otp = world.keys.newKey().press()
    const make = () => mfa(world.one, 'POST', devicesOf(user), { type: 'YUBIKEY', otp }, options)
    const first = await make()
    expect(first.status).toBe(201)
    await mfa(world.other, 'DELETE', `${devicesOf(user)}/${first.body.id}`)
    expect((await make()).status).toBe(400)
  })

  it('a signature that says that something must be understood is not taken by who does not', async () => {
    const { phone } = await pairPhone(world.one)
    const proof = phone.jws(PROOF_TYPE, phone.proofWords(), { crit: ['x'] })
    expectRefusal(await phone.renew(world.one, proof), 'REQUEST_FAILED', ['MALFORMED_SIGNATURE'])
  })

  it('a key is written in one way only', async () => {
    const { user } = await pairPhone(world.one)
    const made = await addDevice(world.one, user, { type: 'MOBILE' })
    const phone = new Phone()
    const { x } = phone.publicKey
    const last = x.at(-1) ?? ''
    const alike = String.fromCharCode(last.charCodeAt(0) + 1)
    const publicKey = { ...phone.publicKey, x: x.slice(0, -1) + alike }
    const refused = await phone.claim(world.one, made._embedded?.pairingKey.code ?? '', { publicKey })
    expectRefusal(refused, 'INVALID_DATA', ['INVALID_VALUE', 'publicKey.x'])
  })

  it('pages of other origins may read what time it is, which a phone with a wrong clock needs', async () => {
    const reply = await call(world.one, 'GET', '/v1/approvals', { headers: { Origin: 'https://elsewhere.example' } })
    expect(reply.headers.get('access-control-expose-headers')).toContain('Date')
  })

  it('the approval of what was shown is the approval of nothing else', async () => {
    const { user, phone } = await pairPhone(world.one)
    await begin({ user: { id: user } })
    const [shown] = (await phone.approvals(world.one)) as [ApprovalView]
    const other = { ...shown, display: { title: 'Sign in', fields: [] } }
    expect((await phone.decide(world.one, 'deny', shown, {}, phone.statement('deny', other))).status).toBe(422)
  })
})
