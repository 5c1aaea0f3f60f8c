import { TOTP } from 'otpauth'
import { afterEach, describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { AuthenticationStep, AuthenticationView } from '../../server/protocol/mfa.ts'
import type { Receipt } from '../../server/protocol/statement.ts'
import { ask, connected, dial, hangUpAll, type Status } from '../gateway/sockets.ts'
import { expectProblem } from '../http/expect-problem.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import type { RunningHub } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import { Recorder } from '../support/recorder.ts'
import { act, addDevice, describeMfa, devicesOf, expectRefusal, mfa, newEmail, newUser, pairPhone } from './world.ts'

/* A phone is asked, signs what its owner answers, and the page that waits hears each step. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'

describeMfa((world) => {
  afterEach(hangUpAll)

  const paired = (user?: string) => pairPhone(world.one, user)
  const begin = (body: object, hub = world.one) => mfa<AuthenticationView>(hub, 'POST', AUTHENTICATIONS, body)
  const begun = async (user: string, body: object = {}) => {
    const reply = await begin({ user: { id: user }, ...body })
    expect(reply.text).toContain('"status"')
    expect(reply.status).toBe(201)
    return reply.body
  }
  const does = (authentication: AuthenticationView, action: string, body: object = {}, hub: RunningHub = world.other) =>
    act<AuthenticationView>(hub, `${AUTHENTICATIONS}/${authentication.id}`, action, body)
  const read = async ({ id }: AuthenticationView) =>
    (await mfa<AuthenticationView>(world.other, 'GET', `${AUTHENTICATIONS}/${id}`)).body
  const challengeOf = async ({ id }: AuthenticationView) =>
    (await call<Status>(world.other, 'GET', `/v1/challenges/${id}`, { token: world.other.backend() })).body
  /** What the page that waits shows. */
  const pageOf = async ({ id, _embedded }: AuthenticationView) =>
    (await call<Status>(world.other, 'GET', `/v1/challenges/${id}`, { token: _embedded.challenge.waitToken })).body
  const shownOn = async (phone: Phone, hub = world.other): Promise<ApprovalView> => {
    const [first] = await phone.approvals(hub)
    if (!first) throw new Error('nothing is asked')
    return first
  }
  const policy = async (push: object, more: object = {}) => {
    const body = { name: `Policy ${newUser()}`, mobile: { push, ...more } }
    return { id: (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', body)).body.id as string }
  }
  const OFF = { numberMatching: 'OFF' }

  const waiting = ({ _embedded }: AuthenticationView) => {
    const steps = new Recorder<AuthenticationStep | undefined>()
    const statuses = new Recorder<Status>()
    const socket = dial(world.other.url, '/waiting', { token: _embedded.challenge.waitToken })
    socket.on('status', (status: Status) => {
      steps.listen(status.authentication)
      statuses.listen(status)
    })
    return { steps, statuses }
  }
  /** A phone whose app is open, on the other instance. */
  const open = async (phone: Phone, hub = world.other) => {
    const requested = new Recorder<ApprovalView>()
    const withdrawn = new Recorder<string>()
    const socket = dial(hub.url, '/approving', { token: phone.token })
    socket.on('requested', (approval: ApprovalView) => requested.listen(approval))
    socket.on('withdrawn', ({ challenge }: { challenge: string }) => withdrawn.listen(challenge))
    await connected(socket)
    return { socket, requested, withdrawn }
  }

  describe('an authentication with a phone', () => {
    it('asks it, and is approved by what it signs', async () => {
      const { user, phone } = await paired()
      const { requested, withdrawn } = await open(phone)
      const authentication = await begun(user, { userAgent: 'Firefox on Linux' })
      expect(authentication).toMatchObject({
        status: 'PUSH_CONFIRMATION_REQUIRED',
        selectedDevice: { id: phone.id },
        authenticators: [],
      })
      expect(Object.keys(authentication._links).toSorted()).toEqual(
        ['cancel', 'challenge', 'device.select', 'otp.check', 'otp.resend', 'self'].toSorted(),
      )
      const { statuses } = waiting(authentication)
      await eventually(() => requested.heard.length === 1)
      const shown = requested.heard[0] as ApprovalView
      expect(shown).toMatchObject({
        challenge: authentication.id,
        display: { title: 'Sign in', fields: [{ label: 'Browser', value: 'Firefox on Linux' }] },
        numberMatching: 2,
      })
      expect(JSON.stringify(shown)).not.toContain('"number"')
      const { number = '' } = await pageOf(authentication)
      expect(number).toMatch(/^\d\d$/)
      expect(authentication._embedded.challenge.number).toBe(number)
      expect((await read(authentication))._embedded.challenge).not.toHaveProperty('number')

      const reply = await phone.decide(world.other, 'approve', shown, { number })
      expect(reply.body).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true })
      expect(await read(authentication)).toMatchObject({
        status: 'COMPLETED',
        authenticators: ['swk', 'user', 'mfa'],
        _embedded: { challenge: { challengeStatus: 'approved', decidedBy: user } },
      })
      await eventually(() => statuses.heard.at(-1)?.isChallengeComplete === true)
      expect(statuses.heard.at(-1)?.authentication).toMatchObject({
        status: 'COMPLETED',
        device: { name: "Ada's phone" },
      })
      await eventually(() => withdrawn.heard.includes(authentication.id))
      expect(await phone.approvals(world.one)).toEqual([])
    })

    it('is answered over the socket as well', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user, { policy: await policy(OFF) })
      const { socket } = await open(phone)
      const shown = await shownOn(phone)
      const answer = { challenge: shown.challenge, signature: phone.statement('approve', shown) }
      expect(await ask(socket, 'approve', answer)).toMatchObject({
        ok: true,
        challenge: { challengeStatus: 'approved' },
      })
      expect(await ask(socket, 'approve', answer)).toMatchObject({ ok: true })
      expect((await read(authentication)).status).toBe('COMPLETED')
    })

    it('is over when it is denied', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user)
      const shown = await shownOn(phone)
      await phone.decide(world.other, 'deny', shown, { reason: 'Not now' })
      expect(await read(authentication)).toMatchObject({ status: 'PUSH_CONFIRMATION_REJECTED', authenticators: [] })
      expect((await read(authentication))._links).not.toHaveProperty('device.select')
      expect(await challengeOf(authentication)).toMatchObject({
        challengeStatus: 'denied',
        isChallengeComplete: true,
        reason: 'Not now',
      })
      // The answer got lost, and is said again.
      expect((await phone.decide(world.one, 'deny', shown)).status).toBe(200)
      expectProblem(await phone.decide(world.one, 'approve', shown), 'challenge_complete')
    })

    it('is over when nobody answers in the push’s time', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user, { policy: await policy({ ...OFF, lifeTime: seconds(5) }) })
      const { statuses } = waiting(authentication)
      const asked = await shownOn(phone)
      expect((await pageOf(authentication)).questionExpiresDate).toBe(asked.expiresDate)
      expect((await pageOf(authentication)).expiresDate).toBeGreaterThan(asked.expiresDate)
      const left = asked.expiresDate - Date.now()
      expect(left).toBeLessThanOrEqual(5_000)
      expect(left).toBeGreaterThan(2_000)
      await eventually(() => statuses.heard.at(-1)?.isChallengeComplete === true, { within: 15_000 })
      expect(statuses.heard.at(-1)).toMatchObject({
        challengeStatus: 'timed_out',
        authentication: { status: 'PUSH_CONFIRMATION_TIMED_OUT' },
      })
      expect(await phone.approvals(world.one)).toEqual([])
    })

    it('with retryable goes on after "no", after silence, and with another device', async () => {
      const { user, phone } = await paired()
      const email = newEmail()
      const device = await addDevice(world.one, user, { type: 'EMAIL', email, status: 'ACTIVE' })
      const authentication = await begun(user, {
        policy: await policy({ ...OFF, lifeTime: seconds(5) }),
        retryable: true,
        selectedDevice: { id: phone.id },
      })
      const { statuses } = waiting(authentication)
      const first = await shownOn(phone)
      const signature = phone.statement('deny', first)
      await phone.decide(world.other, 'deny', first, {}, signature)
      expect(await read(authentication)).toMatchObject({ status: 'PUSH_CONFIRMATION_REJECTED' })
      expect(await challengeOf(authentication)).toMatchObject({
        challengeStatus: 'started',
        isChallengeComplete: false,
      })
      expect(await phone.approvals(world.one)).toEqual([])
      expect((await phone.decide(world.one, 'deny', first, {}, signature)).status).toBe(200)

      // Asked again: what was signed then is no answer now.
      const again = await does(authentication, 'device.select', { device: { id: phone.id } })
      expect(again.body.status).toBe('PUSH_CONFIRMATION_REQUIRED')
      expectProblem(await phone.decide(world.one, 'deny', first, {}, signature), 'stale_signature')
      expectProblem(await phone.decide(world.one, 'approve', first), 'stale_signature')
      await eventually(() => statuses.heard.at(-1)?.authentication?.status === 'PUSH_CONFIRMATION_TIMED_OUT', {
        within: 15_000,
      })
      expect(await challengeOf(authentication)).toMatchObject({ challengeStatus: 'started' })

      const other = await does(authentication, 'device.select', { device: { id: device.id } })
      expect(other.body.status).toBe('OTP_REQUIRED')
      expectProblem(await phone.decide(world.one, 'approve', first), 'challenge_not_found')
      const done = await does(authentication, 'otp.check', { otp: world.provider.codeFor(email) })
      expect(done.body.status).toBe('COMPLETED')
    })

    it('takes the code that the phone makes when no push reaches it', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user)
      const { secret, period } = phone.paired?.otp ?? { secret: '', period: 0 }
      const otp = new TOTP({ secret, period }).generate()
      const done = await does(authentication, 'otp.check', { otp })
      expect(done.body).toMatchObject({ status: 'COMPLETED', authenticators: ['otp', 'mfa'] })
      expect(await phone.approvals(world.one)).toEqual([])
      const next = await begun(user)
      expectRefusal(await does(next, 'otp.check', { otp }), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
    })

    it('is withdrawn from the phone when it is cancelled', async () => {
      const { user, phone } = await paired()
      const { requested, withdrawn } = await open(phone)
      const authentication = await begun(user)
      await eventually(() => requested.heard.length === 1)
      const cancelled = await does(authentication, 'cancel.push.authentication', { reason: 'SIGNOUT' })
      expect(cancelled.body).toMatchObject({ status: 'CANCELLED', cancelReason: 'SIGNOUT' })
      await eventually(() => withdrawn.heard.length === 1)
    })

    it('asks the phone that was selected, and no other', async () => {
      const { user, phone } = await paired()
      const { phone: second } = await paired(user)
      const [first, other] = [await open(phone), await open(second)]
      const authentication = await begun(user, { retryable: true, policy: await policy(OFF) })
      await eventually(() => first.requested.heard.length === 1)
      expect(await second.approvals(world.one)).toEqual([])
      const shown = await shownOn(phone)
      expectProblem(await second.decide(world.one, 'approve', shown), 'challenge_not_found')

      await does(authentication, 'device.select', { device: { id: second.id } })
      await eventually(() => other.requested.heard.length === 1)
      await eventually(() => first.withdrawn.heard.length === 1)
      expectProblem(await phone.decide(world.one, 'approve', shown), 'challenge_not_found')
      expect((await second.decide(world.one, 'approve', await shownOn(second))).status).toBe(200)
    })

    it('asks a phone that is selected after another device, wherever it looks for what it is asked', async () => {
      const { user, phone } = await paired()
      const device = await addDevice(world.one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      const authentication = await begun(user, { selectedDevice: { id: device.id } })
      const { requested } = await open(phone)
      expect(await phone.approvals(world.one)).toEqual([])
      await does(authentication, 'device.select', { device: { id: phone.id } })
      await eventually(() => requested.heard.length === 1)
      expect(await phone.approvals(world.one)).toHaveLength(1)
    })

    it('drives a challenge that is open already', async () => {
      const { user, phone } = await paired()
      const created = await call<Status>(world.one, 'POST', '/v1/challenges', { token: world.one.backend(), body: {} })
      const { challenge } = created.body
      const authentication = await begun(user, { waitingChallenge: challenge, policy: await policy(OFF) })
      expect(authentication).toMatchObject({ id: challenge, status: 'PUSH_CONFIRMATION_REQUIRED' })
      await phone.decide(world.other, 'approve', await shownOn(phone))
      expect(await challengeOf(authentication)).toMatchObject({ challengeStatus: 'approved' })
    })

    it('shows the phone what whoever asked wants shown', async () => {
      const { user, phone } = await paired()
      await begun(user, {
        display: { title: 'Pay 50 €', fields: [{ label: 'To', value: 'Bob' }] },
        notification: { template: { name: 'transaction' }, clientContext: { Place: 'near Berlin' } },
      })
      expect((await shownOn(phone)).display).toEqual({
        title: 'Pay 50 €',
        fields: [
          { label: 'To', value: 'Bob' },
          { label: 'Place', value: 'near Berlin' },
        ],
      })
    })

    it('is asked again by a resend, five times in half an hour', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user)
      const before = await pageOf(authentication)
      const { requested } = await open(phone)
      for (let at = 0; at < 5; at++) expect((await does(authentication, 'otp.resend')).status).toBe(200)
      expectRefusal(await does(authentication, 'otp.resend'), 'REQUEST_LIMITED', ['OTP_RESEND_LIMIT'])
      await eventually(() => requested.heard.length > 0)
      expect((await pageOf(authentication)).version).toBeGreaterThan(before.version)
      expect(await phone.approvals(world.one)).toHaveLength(1)
    })

    it('is not begun for a user who has silenced the hub', async () => {
      const { user, phone } = await paired()
      await begun(user)
      await phone.decide(world.other, 'deny', await shownOn(phone), { reason: 'not_me' })
      expectRefusal(await begin({ user: { id: user } }), 'REQUEST_LIMITED', ['LIMIT_EXCEEDED'])
    })
  })

  describe('number matching', () => {
    it('fails it with the third wrong number, over all that it asks', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user, { retryable: true })
      const wrong = async () => {
        const { number = '' } = await pageOf(authentication)
        return phone.decide(world.other, 'approve', await shownOn(phone), { number: number === '00' ? '01' : '00' })
      }
      expect(expectProblem(await wrong(), 'number_mismatch').attemptsRemaining).toBe(2)
      expect(expectProblem(await wrong(), 'number_mismatch').attemptsRemaining).toBe(1)
      await does(authentication, 'otp.resend')
      expect(expectProblem(await wrong(), 'number_mismatch').attemptsRemaining).toBe(0)
      expect(await read(authentication)).toMatchObject({ status: 'FAILED', error: { code: 'NUMBER_ATTEMPTS_LIMIT' } })
      expect(await challengeOf(authentication)).toMatchObject({ challengeStatus: 'denied', reason: 'number_mismatch' })
    })

    it('is as the policy says, or stricter', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user, { numberMatching: 'SIX_DIGITS' })
      expect((await pageOf(authentication)).number).toMatch(/^\d{6}$/)
      expect(await shownOn(phone)).toMatchObject({ numberMatching: 6 })
      expectRefusal(await begin({ user: { id: user }, numberMatching: 'OFF' }), 'INVALID_DATA', [
        'INVALID_VALUE',
        'numberMatching',
      ])
    })

    it('needs the number', async () => {
      const { user, phone } = await paired()
      await begun(user)
      expectProblem(await phone.decide(world.other, 'approve', await shownOn(phone)), 'invalid_request')
    })
  })

  describe('a signed answer', () => {
    const asked = async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user, { policy: await policy(OFF) })
      return { user, phone, authentication, shown: await shownOn(phone) }
    }

    it('is kept as a receipt', async () => {
      const { user, phone, shown, authentication } = await asked()
      const signature = phone.statement('approve', shown)
      await phone.decide(world.other, 'approve', shown, {}, signature)
      const path = `/v1/challenges/${authentication.id}/receipt`
      const receipt = await call<Receipt>(world.one, 'GET', path, { token: world.one.backend() })
      expect(receipt.body).toEqual({
        challenge: authentication.id,
        approver: user,
        device: phone.id,
        decision: 'approve',
        signature,
        publicKey: phone.publicKey,
        shown: { display: shown.display },
        decidedDate: expect.any(Number),
      })
      expectProblem(await call(world.one, 'GET', path, { token: phone.token }), 'insufficient_scope')
    })

    it('is demanded, by the key of the device that was asked, of what was said and shown', async () => {
      const { phone, shown, authentication, user } = await asked()
      const stranger = new Phone()
      stranger.paired = phone.paired
      const seconds = Math.floor(Date.now() / 1_000)
      const refused = async (signed: object) =>
        phone.decide(world.other, 'approve', shown, {}, phone.statement('approve', shown, { signed }))
      const bare = { token: phone.token, body: { decision: 'approve' } }
      expectProblem(await call(world.one, 'POST', `/v1/approvals/${shown.challenge}`, bare), 'signature_required')
      const backendMade = { ...bare, token: world.one.approver(user, phone.id) }
      expectProblem(
        await call(world.one, 'POST', `/v1/approvals/${shown.challenge}`, backendMade),
        'signature_required',
      )
      expectProblem(await phone.decide(world.one, 'approve', shown, {}, 'nonsense'), 'malformed_signature')
      expectProblem(await phone.decide(world.one, 'approve', shown, {}, phone.proof()), 'malformed_signature')
      expectProblem(await stranger.decide(world.one, 'approve', shown), 'foreign_key')
      expectProblem(await refused({ decision: 'deny' }), 'signature_mismatch')
      expectProblem(await refused({ challenge: 'another' }), 'signature_mismatch')
      expectProblem(await refused({ iss: 'another' }), 'signature_mismatch')
      expectProblem(await refused({ reason: 'never said' }), 'signature_mismatch')
      expectProblem(await refused({ number: '42' }), 'signature_mismatch')
      expectProblem(await refused({ version: shown.version + 5 }), 'stale_signature')
      expectProblem(await refused({ display: 'A'.repeat(43) }), 'stale_signature')
      expectProblem(await refused({ iat: seconds - 400 }), 'clock_skew')
      expectProblem(await refused({ iat: seconds + 400 }), 'clock_skew')
      expectProblem(await refused({ nonce: 'short' }), 'malformed_signature')
      expect(await read(authentication)).toMatchObject({ status: 'PUSH_CONFIRMATION_REQUIRED' })
      expect((await challengeOf(authentication)).version).toBe(shown.version)
      expect((await phone.decide(world.other, 'approve', shown)).status).toBe(200)
    })

    it('is demanded of a paired phone for a plain challenge, too', async () => {
      const { user, phone } = await paired()
      const body = { approver: user, display: { title: 'Open the door' } }
      await call(world.one, 'POST', '/v1/challenges', { token: world.one.backend(), body })
      const shown = await shownOn(phone)
      const bare = { token: phone.token, body: { decision: 'approve' } }
      expectProblem(await call(world.one, 'POST', `/v1/approvals/${shown.challenge}`, bare), 'signature_required')
      expect((await phone.decide(world.other, 'approve', shown)).body).toMatchObject({ challengeStatus: 'approved' })
      const path = `/v1/challenges/${shown.challenge}/receipt`
      const receipt = await call<Receipt>(world.other, 'GET', path, { token: world.other.backend() })
      expect(receipt.body).toMatchObject({ device: phone.id, shown: { display: { title: 'Open the door' } } })
    })

    it('counts once, however many are given at the same moment', async () => {
      const { phone, shown, authentication } = await asked()
      const answers = await Promise.all(
        (['approve', 'deny', 'approve', 'deny', 'deny'] as const).map((decision, at) =>
          phone.decide(at % 2 ? world.one : world.other, decision, shown),
        ),
      )
      const { challengeStatus } = await challengeOf(authentication)
      const won = challengeStatus === 'approved' ? [0, 2] : [1, 3, 4]
      for (const [at, { status }] of answers.entries()) expect(status).toBe(won.includes(at) ? 200 : 409)
    })
  })

  describe('the way of a question', () => {
    it('is told to backend and page, and only goes forward', async () => {
      const { user, phone } = await paired()
      const authentication = await begun(user)
      const { statuses } = waiting(authentication)
      expect((await challengeOf(authentication)).delivery).toBe('queued')
      const { socket } = await open(phone)
      const { challenge } = await shownOn(phone)
      expect(await ask(socket, 'received', { challenge, delivery: 'delivered' })).toMatchObject({ ok: true })
      await eventually(() => statuses.heard.at(-1)?.delivery === 'delivered')
      const path = `/v1/approvals/${challenge}/delivery`
      const saying = (delivery: string) => ({ token: phone.token, body: { delivery } })
      expect((await call(world.one, 'POST', path, saying('seen'))).status).toBe(204)
      expect((await call(world.one, 'POST', path, saying('delivered'))).status).toBe(204)
      expect((await challengeOf(authentication)).delivery).toBe('seen')
      expectProblem(await call(world.one, 'POST', path, saying('queued')), 'invalid_request')
      const { phone: stranger } = await paired()
      const foreign = { token: stranger.token, body: { delivery: 'seen' } }
      expectProblem(await call(world.one, 'POST', path, foreign), 'challenge_not_found')
      // What was seen is still the question that was asked.
      const { number = '' } = await pageOf(authentication)
      expect((await phone.decide(world.other, 'approve', await shownOn(phone), { number })).status).toBe(200)
    })
  })

  it('a phone that was removed is not asked, and what it was asked it can not answer', async () => {
    const { user, phone } = await paired()
    const authentication = await begun(user, { retryable: true })
    const shown = await shownOn(phone)
    await mfa(world.one, 'DELETE', `${devicesOf(user)}/${phone.id}`)
    expectProblem(await phone.decide(world.other, 'approve', shown), 'invalid_token')
    expect((await read(authentication))._embedded.devices).toEqual([])
    expectRefusal(await begin({ user: { id: user } }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
  })

  it('phones of other applications are left out', async () => {
    const { user } = await paired()
    const other = await mfa(world.one, 'POST', '/v1/applications', { name: `Bank of ${user}` })
    const reply = await begin({ user: { id: user }, application: { id: other.body.id } })
    expectRefusal(reply, 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
    expect((await begin({ user: { id: user }, application: { id: 'assent' } })).status).toBe(201)
  })
})

function seconds(duration: number) {
  return { duration, timeUnit: 'SECONDS' }
}
