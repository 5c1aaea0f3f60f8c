import { TOTP } from 'otpauth'
import { afterEach, describe, expect, it } from 'vitest'
import type { AuthenticationStep, AuthenticationView } from '../../server/protocol/mfa.ts'
import { dial, hangUpAll, type Status } from '../gateway/sockets.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { Recorder } from '../support/recorder.ts'
import {
  act,
  addDevice,
  describeMfa,
  devicesOf,
  ENVIRONMENT_ID,
  expectRefusal,
  listed,
  mfa,
  newEmail,
  newPhone,
  newUser,
} from './world.ts'

/* Seed 001: from Create Device Authentication to Cancel Device Authentication, with a page that waits. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'

describeMfa((world) => {
  afterEach(hangUpAll)

  const begin = (body: object, hub = world.one) => mfa<AuthenticationView>(hub, 'POST', AUTHENTICATIONS, body)
  const begun = async (body: object): Promise<AuthenticationView> => {
    const reply = await begin(body)
    expect(reply.text).toContain('"status"')
    expect(reply.status).toBe(201)
    return reply.body
  }
  const read = async ({ id }: AuthenticationView) =>
    (await mfa<AuthenticationView>(world.other, 'GET', `${AUTHENTICATIONS}/${id}`)).body
  const does = (authentication: AuthenticationView, action: string, body: object = {}, hub: RunningHub = world.other) =>
    act<AuthenticationView>(hub, `${AUTHENTICATIONS}/${authentication.id}`, action, body)
  const check = (authentication: AuthenticationView, otp: string, hub?: RunningHub) =>
    does(authentication, 'otp.check', { otp }, hub)
  const challengeOf = async ({ id }: AuthenticationView) =>
    (await call<Status>(world.other, 'GET', `/v1/challenges/${id}`, { token: world.other.backend() })).body
  const wrong = (right: string) => String((Number(right) + 1) % 1_000_000).padStart(6, '0')

  /** A page that waits, on the other instance: what it is told of the authentication, once for each step. */
  const waiting = ({ _embedded }: AuthenticationView) => {
    const steps = new Recorder<AuthenticationStep | undefined>()
    const ends = new Recorder<string>()
    const socket = dial(world.other.url, '/waiting', { token: _embedded.challenge.waitToken })
    socket.on('status', ({ authentication, challengeStatus, isChallengeComplete }: Status) => {
      steps.listen(authentication)
      if (isChallengeComplete) ends.listen(challengeStatus)
    })
    return { steps, ends }
  }

  const withEmail = async (more: object = {}) => {
    const [user, email] = [newUser(), newEmail()]
    const device = await addDevice(world.one, user, { type: 'EMAIL', email, status: 'ACTIVE', ...more })
    return { user: { id: user }, email, device }
  }
  /** A code app that is active, and when its next code is one that was not taken yet. */
  const withApp = async (user = newUser(), policy?: object) => {
    const device = await addDevice(world.one, user, { type: 'TOTP', ...policy })
    const { secret = '' } = device
    // One step early: the one after it is still to come.
    const early = new TOTP({ secret }).generate({ timestamp: Date.now() - 30_000 })
    const activated = await act(world.one, `${devicesOf(user)}/${device.id}`, 'device.activate', { otp: early })
    expect(activated.body.status).toBe('ACTIVE')
    return { user: { id: user }, device, code: () => new TOTP({ secret }).generate() }
  }

  describe('Create Device Authentication', () => {
    it('sends a code to the default device, and opens the challenge a page waits on', async () => {
      const { user, email, device } = await withEmail({ nickname: 'At work' })
      const authentication = await begun({ user, userAgent: 'Chrome on Linux' })
      expect(authentication).toMatchObject({
        status: 'OTP_REQUIRED',
        user,
        environment: { id: ENVIRONMENT_ID },
        policy: { id: 'built-in' },
        selectedDevice: { id: device.id },
        authenticators: [],
        _embedded: { challenge: { challenge: authentication.id, challengeStatus: 'started' } },
      })
      expect(Object.keys(authentication._links)).toEqual([
        'self',
        'challenge',
        'otp.check',
        'otp.resend',
        'device.select',
        'cancel',
      ])
      expect(authentication._embedded.devices).toMatchObject([{ id: device.id, email: masked(email) }])
      expect(world.provider.sentTo(email)).toHaveLength(1)
      const code = world.provider.codeFor(email)
      expect(JSON.stringify(authentication)).not.toContain(code)
      const { steps } = waiting(authentication)
      const step = { status: 'OTP_REQUIRED', device: { type: 'EMAIL', name: 'At work' }, notification: 'SENT' }
      expect(await steps.until(() => true)).toEqual(step)
      const { _embedded, ...rest } = await read(authentication)
      expect(rest).toEqual({ ...authentication, _embedded: undefined, updatedAt: rest.updatedAt })
      expect(_embedded.challenge).not.toHaveProperty('waitToken')
    })

    it.each([
      ['DEFAULT_TO_FIRST', 'OTP_REQUIRED'],
      ['PROMPT_TO_SELECT', 'DEVICE_SELECTION_REQUIRED'],
      ['ALWAYS_DISPLAY_DEVICES', 'DEVICE_SELECTION_REQUIRED'],
    ])('chooses among several devices as the policy says: %s', async (deviceSelection, status) => {
      const words = { name: newUser(), authentication: { deviceSelection } }
      const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)
      const { user, device } = await withEmail()
      const second = await addDevice(world.one, user.id, { type: 'SMS', phone: newPhone(), status: 'ACTIVE' })
      const authentication = await begun({ user, policy: { id: policy.id } })
      expect(authentication.status).toBe(status)
      expect(authentication._embedded.devices.map(({ id }) => id)).toEqual([device.id, second.id])
      if (status === 'OTP_REQUIRED') expect(authentication.selectedDevice).toEqual({ id: device.id })
      else expect(Object.keys(authentication._links)).toEqual(['self', 'challenge', 'device.select', 'cancel'])
    })

    it('asks which device when the user has taken their order back', async () => {
      const { user } = await withEmail()
      await addDevice(world.one, user.id, { type: 'SMS', phone: newPhone(), status: 'ACTIVE' })
      await act(world.one, devicesOf(user.id), 'devices.order.remove')
      expect((await begun({ user })).status).toBe('DEVICE_SELECTION_REQUIRED')
    })

    it('takes the device it is told', async () => {
      const { user } = await withEmail()
      const phone = newPhone()
      const second = await addDevice(world.one, user.id, { type: 'VOICE', phone, status: 'ACTIVE' })
      const authentication = await begun({ user, selectedDevice: { id: second.id } })
      expect(authentication.selectedDevice).toEqual({ id: second.id })
      expect(world.provider.sentTo(phone)).toMatchObject([{ method: 'VOICE' }])
    })

    it.each([
      ['SMS', 'phone', newPhone],
      ['VOICE', 'phone', newPhone],
      ['EMAIL', 'email', newEmail],
    ])('takes a one-time device of type %s, of a user who has none', async (type, field, newAddress) => {
      const address = newAddress()
      const body = { user: { id: newUser() }, selectedDevice: { oneTime: { type, [field]: address } } }
      const authentication = await begun(body)
      expect(authentication.selectedDevice).toEqual({ oneTime: { type, [field]: masked(address) } })
      expect(authentication._embedded.devices).toEqual([])
      const { body: done } = await check(authentication, world.provider.codeFor(address))
      expect(done.status).toBe('COMPLETED')
      expect((await listed(world.one, body.user.id)).size).toBe(0)
    })

    it('uses no more than what is included, less what is excluded', async () => {
      const { user, device } = await withEmail()
      const app = await withApp(user.id)
      const offered = async (body: object) => (await begun({ user, ...body }))._embedded.devices.map(({ id }) => id)
      expect(await offered({ include: ['totp'] })).toEqual([app.device.id])
      expect(await offered({ exclude: ['TOTP'] })).toEqual([device.id])
      expect(await offered({ include: ['otp'], exclude: ['email'] })).toEqual([app.device.id])
      const none = await begin({ user, include: ['sms'], exclude: ['sms'] })
      expectRefusal(none, 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
    })

    it('in test mode tells the code and sends nothing, and only there', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user, testMode: true })
      const otp = authentication.test?.otp ?? ''
      expect(otp).toMatch(/^\d{6}$/)
      expect(world.provider.sentTo(email)).toEqual([])
      expect(JSON.stringify(await read(authentication))).not.toContain(otp)
      expect((await check(authentication, otp)).body.status).toBe('COMPLETED')
    })

    it('says so when the code could not be handed over, loses nothing, and sends it anew', async () => {
      const { user, email } = await withEmail()
      world.provider.failsWith = 500
      const authentication = await begun({ user })
      world.provider.failsWith = undefined
      const { steps, ends } = waiting(authentication)
      await steps.until((step) => step?.notification === 'FAILED')
      await does(authentication, 'otp.resend')
      await steps.until((step) => step?.notification === 'SENT')
      expect((await check(authentication, world.provider.codeFor(email))).body.status).toBe('COMPLETED')
      expect(await ends.until(() => true)).toBe('approved')
    })

    it('begins once, however often it is asked for under one Idempotency-Key', async () => {
      const { user, email } = await withEmail()
      const headers = { 'Idempotency-Key': newUser() }
      const first = await mfa<AuthenticationView>(world.one, 'POST', AUTHENTICATIONS, { user }, { headers })
      const again = await mfa<AuthenticationView>(world.other, 'POST', AUTHENTICATIONS, { user }, { headers })
      expect(again.status).toBe(201)
      expect(again.body.id).toBe(first.body.id)
      expect(world.provider.sentTo(email)).toHaveLength(1)
      expect((await check(again.body, world.provider.codeFor(email))).body.status).toBe('COMPLETED')
      const other = await mfa(world.one, 'POST', AUTHENTICATIONS, { user, retryable: true }, { headers })
      expectRefusal(other, 'IDEMPOTENCY_KEY_REUSED')
    })

    it('drives a challenge that a page waits on already', async () => {
      const token = world.one.backend()
      const open = async () => {
        const reply = await call<{ challenge: string; waitToken: string }>(world.one, 'POST', '/v1/challenges', {
          token,
          body: {},
        })
        return reply.body
      }
      const { challenge, waitToken } = await open()
      const ends = new Recorder<Status>()
      const socket = dial(world.other.url, '/waiting', { token: waitToken })
      socket.on('status', (status: Status) => ends.listen(status))
      await ends.until(({ authentication }) => authentication === undefined)
      const { user, email } = await withEmail()
      const authentication = await begun({ user, waitingChallenge: challenge })
      expect(authentication.id).toBe(challenge)
      await ends.until((status) => status.authentication?.notification === 'SENT')
      const again = await begin({ user, waitingChallenge: challenge })
      expectRefusal(again, 'INVALID_DATA', ['INVALID_VALUE', 'waitingChallenge'])
      await check(authentication, world.provider.codeFor(email))
      await ends.until(
        ({ challengeStatus, isChallengeComplete }) => challengeStatus === 'approved' && isChallengeComplete,
      )
      for (const id of [challenge, 'none']) {
        const refused = await begin({ user, waitingChallenge: id })
        expectRefusal(refused, 'INVALID_DATA', ['INVALID_VALUE', 'waitingChallenge'])
      }
      const app = await withApp()
      const second = (await open()).challenge
      const proven = await begun({ user: app.user, otp: app.code(), waitingChallenge: second })
      expect(proven).toMatchObject({ id: second, status: 'COMPLETED' })
      expect(await challengeOf(proven)).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true })
    })

    it('counts as a creation of the backend’s', async () => {
      const hub = await startHub({ LIMIT_CREATIONS_PER_BACKEND: '2' })
      const user = { id: newUser() }
      const selectedDevice = { oneTime: { type: 'EMAIL', email: newEmail() } }
      const asked = [1, 2, 3].map(() => mfa(hub, 'POST', AUTHENTICATIONS, { user, selectedDevice, testMode: true }))
      const replies = await Promise.all(asked)
      await hub.stop()
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 201, 429])
      for (const reply of replies) {
        if (reply.status === 429) expectRefusal(reply, 'REQUEST_LIMITED', ['LIMIT_EXCEEDED'])
      }
    })

    it('is refused where there is nobody to ask', async () => {
      const stranger = await begin({ user: { id: newUser() } })
      expectRefusal(stranger, 'REQUEST_FAILED', ['MFA_DISABLED'])
      const { user, device } = await withEmail()
      const waitingOne = await addDevice(world.one, user.id, { type: 'TOTP' })
      const select = (id: string) => begin({ user, selectedDevice: { id } })
      expectRefusal(await select(waitingOne.id), 'REQUEST_FAILED', ['DEVICE_NOT_ACTIVE', 'selectedDevice.id'])
      expectRefusal(await select('none'), 'INVALID_DATA', ['INVALID_VALUE', 'selectedDevice.id'])
      await mfa(world.one, 'DELETE', `${devicesOf(user.id)}/${device.id}`)
      expectRefusal(await begin({ user }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
    })

    it.each<[string, object, string, string]>([
      ['no user', {}, 'REQUIRED_VALUE', 'user'],
      ['an unknown policy', { user: { id: 'a' }, policy: { id: 'none' } }, 'INVALID_VALUE', 'policy.id'],
      ['an unknown application', { user: { id: 'a' }, application: { id: 'none' } }, 'INVALID_VALUE', 'application.id'],
      ['a time too long', { user: { id: 'a' }, challengeTimeout: 86_401 }, 'SIZE_LIMIT_EXCEEDED', 'challengeTimeout'],
      ['an unknown type', { user: { id: 'a' }, include: ['pigeon'] }, 'INVALID_VALUE', 'include.0'],
      ['an unknown field', { user: { id: 'a' }, colour: 'red' }, 'UNKNOWN_FIELD', 'colour'],
    ])('refuses %s', async (_what, body, code, target) => {
      expectRefusal(await begin(body), 'INVALID_DATA', [code as 'EMPTY_VALUE', target])
    })
  })

  describe('Device Passcode', () => {
    it('completes it: the page hears so, and the backend reads what was proven', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user, claimsNameValuePairs: [{ name: 'cart', value: '7' }] })
      const { steps, ends } = waiting(authentication)
      const done = await check(authentication, world.provider.codeFor(email))
      expect(done.status).toBe(200)
      expect(done.body).toMatchObject({ status: 'COMPLETED', authenticators: ['otp', 'mfa'] })
      expect(Object.keys(done.body._links)).toEqual(['self', 'challenge'])
      expect(await ends.until(() => true)).toBe('approved')
      expect(steps.heard.at(-1)?.status).toBe('COMPLETED')
      expect(await challengeOf(authentication)).toMatchObject({
        challengeStatus: 'approved',
        isChallengeComplete: true,
        claimsNameValuePairs: [{ name: 'cart', value: '7' }],
        authentication: { status: 'COMPLETED' },
      })
    })

    it('takes each code of a code app once, for one authentication', async () => {
      const { user, code } = await withApp()
      const [one, two] = [await begun({ user }), await begun({ user })]
      const otp = code()
      expect((await check(one, otp)).body).toMatchObject({ status: 'COMPLETED' })
      expectRefusal(await check(two, otp), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
    })

    it('fails with the last wrong code: the page is denied, and the device stays usable', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      const { ends } = waiting(authentication)
      const otp = world.provider.codeFor(email)
      for (const attemptsRemaining of [2, 1, 0]) {
        const { details } = expectRefusal(await check(authentication, wrong(otp)), 'REQUEST_FAILED', [
          'INVALID_OTP',
          'otp',
        ])
        expect(details?.[0]?.innerError).toEqual({ attemptsRemaining })
      }
      expect(await ends.until(() => true)).toBe('denied')
      expect(await read(authentication)).toMatchObject({ status: 'FAILED', error: { code: 'OTP_ATTEMPTS_LIMIT' } })
      const { current } = expectRefusal(await check(authentication, otp), 'CONFLICT', ['AUTHENTICATION_COMPLETE'])
      expect(current).toMatchObject({ id: authentication.id, status: 'FAILED' })
      expect((await begun({ user })).status).toBe('OTP_REQUIRED')
    })

    it('counts exactly the allowed attempts of a thousand wrong and right codes at once, over two instances', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      const otp = world.provider.codeFor(email)
      const replies = await Promise.all(
        Array.from({ length: 1_000 }, (_, at) =>
          check(authentication, at < 990 ? wrong(otp) : otp, at % 2 ? world.one : world.other),
        ),
      )
      const told = replies.map(({ status, body }) =>
        status === 200 ? 'COMPLETED' : (body as unknown as { details?: { code: string }[] }).details?.[0]?.code,
      )
      expect(told.filter((code) => code === 'INVALID_OTP')).toHaveLength(3)
      expect(told).not.toContain('COMPLETED')
      // Racers who lost too often are told to come back (503), and have not tried.
      const known = ['INVALID_OTP', 'OTP_ATTEMPTS_LIMIT', 'AUTHENTICATION_COMPLETE', undefined]
      expect(told.filter((code) => !known.includes(code))).toEqual([])
      expect(replies.filter((reply, at) => told[at] === undefined && reply.status !== 503)).toEqual([])
      await eventually(async () => expect((await read(authentication)).status).toBe('FAILED'))
    }, 60_000)

    it('locks a device for its cool-down over all authentications; another one may be chosen', async () => {
      const failure = { count: 2, coolDown: { duration: 5, timeUnit: 'MINUTES' } }
      const words = { name: newUser(), email: { otp: { failure } } }
      const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)
      const { user, email, device } = await withEmail()
      const app = await withApp(user.id)
      const body = { user, policy: { id: policy.id } }
      const [one, two] = [await begun(body), await begun(body)]
      const otp = world.provider.codeFor(email)
      expectRefusal(await check(one, wrong(otp)), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      expectRefusal(await check(two, wrong(otp)), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      for (const each of [one, two]) expectRefusal(await check(each, otp), 'REQUEST_LIMITED', ['DEVICE_LOCKED', 'otp'])
      expectRefusal(await does(two, 'otp.resend'), 'REQUEST_LIMITED', ['DEVICE_LOCKED', 'otp'])
      expect((await read(two))._embedded.devices.map(({ id }) => id)).toEqual([app.device.id])
      const named = await begin({ ...body, selectedDevice: { id: device.id } })
      expectRefusal(named, 'REQUEST_LIMITED', ['DEVICE_LOCKED', 'otp'])
      expect((await begun(body)).selectedDevice).toEqual({ id: app.device.id })
      await does(two, 'device.select', { device: { id: app.device.id } })
      expect((await check(two, app.code())).body.status).toBe('COMPLETED')
    })

    it('takes no code of a device that has been deleted meanwhile; another one may be chosen', async () => {
      const { user, email, device } = await withEmail()
      const app = await withApp(user.id)
      const authentication = await begun({ user, selectedDevice: { id: device.id } })
      await mfa(world.one, 'DELETE', `${devicesOf(user.id)}/${device.id}`)
      const refused = await check(authentication, world.provider.codeFor(email))
      expectRefusal(refused, 'REQUEST_FAILED', ['DEVICE_NOT_ACTIVE', 'otp'])
      expect((await read(authentication))._embedded.devices.map(({ id }) => id)).toEqual([app.device.id])
      await does(authentication, 'device.select', { device: { id: app.device.id } })
      expect((await check(authentication, app.code())).body.status).toBe('COMPLETED')
    })

    it('refuses what is no code, and counts no attempt', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      for (const body of [{}, { otp: '' }, { otp: 1 }, { otp: '1'.repeat(21) }, { otp: '1', extra: 1 }]) {
        expect((await does(authentication, 'otp.check', body)).status).toBe(400)
      }
      expect((await check(authentication, world.provider.codeFor(email))).status).toBe(200)
    })

    it('is refused while no code is wanted, and for unknown and other challenges alike', async () => {
      const { user } = await withEmail()
      await withApp(user.id)
      await act(world.one, devicesOf(user.id), 'devices.order.remove')
      const authentication = await begun({ user })
      expectRefusal(await check(authentication, '123456'), 'INVALID_REQUEST', ['INVALID_ACTION', 'action'])
      const token = world.one.backend()
      const { body: plain } = await call<{ challenge: string }>(world.one, 'POST', '/v1/challenges', {
        token,
        body: {},
      })
      for (const id of [plain.challenge, 'none']) {
        expectRefusal(await check({ ...authentication, id }, '123456'), 'NOT_FOUND')
      }
    })
  })

  describe('Create Device Authentication, with a code in hand', () => {
    it('is over as soon as it begins, by whichever device the code is of', async () => {
      const { user, device } = await withApp()
      const second = await withApp(user.id)
      const authentication = await begun({ user, otp: second.code() })
      expect(authentication).toMatchObject({
        status: 'COMPLETED',
        selectedDevice: { id: second.device.id },
        authenticators: ['otp', 'mfa'],
        _embedded: { challenge: { challengeStatus: 'approved', isChallengeComplete: true } },
      })
      expect((await begun({ user, selectedDevice: { id: device.id } })).status).toBe('OTP_REQUIRED')
      const again = await begin({ user, otp: second.code(), selectedDevice: { id: second.device.id } })
      expectRefusal(again, 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
    })

    it('is granted again to whoever did not hear the answer, and to nobody else', async () => {
      const { user, code } = await withApp()
      const headers = { 'Idempotency-Key': newUser() }
      const body = { user, otp: code() }
      const ask = (hub: RunningHub) => mfa<AuthenticationView>(hub, 'POST', AUTHENTICATIONS, body, { headers })
      const [one, other] = await Promise.all([ask(world.one), ask(world.other)])
      expect([one.body.status, other.body.status]).toEqual(['COMPLETED', 'COMPLETED'])
      expect(one.body.id).toBe(other.body.id)
      expectRefusal(await begin(body), 'REQUEST_FAILED', ['OTP_REUSED', 'otp'])
    })

    it('counts a wrong code on every device it was looked at with, and locks them in the end', async () => {
      const { user, device, code } = await withApp()
      const second = await withApp(user.id)
      for (const attemptsRemaining of [2, 1, 0]) {
        const { details } = expectRefusal(await begin({ user, otp: '000000' }), 'REQUEST_FAILED', [
          'INVALID_OTP',
          'otp',
        ])
        expect(details?.[0]?.innerError).toEqual({ attemptsRemaining })
      }
      const { _embedded } = await listed(world.other, user.id)
      expect(_embedded.devices.map(({ lock }) => lock.status)).toEqual(['LOCKED', 'LOCKED'])
      expectRefusal(await begin({ user, otp: code() }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
      await act(world.one, `${devicesOf(user.id)}/${device.id}`, 'device.unlock')
      expect((await begun({ user, otp: code() })).selectedDevice).toEqual({ id: device.id })
      expectRefusal(await begin({ user, otp: second.code() }), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
    })

    it('has a limit even where the policy knows no cool-down, however many guess at once', async () => {
      const failure = { count: 3, coolDown: { duration: 0, timeUnit: 'MINUTES' } }
      const words = { name: newUser(), totp: { otp: { failure } } }
      const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)
      const { user } = await withApp()
      const guess = (at: number) =>
        begin({ user, policy: { id: policy.id }, otp: `00000${at % 10}` }, at % 2 ? world.one : world.other)
      const replies = await Promise.all(Array.from({ length: 40 }, (_, at) => guess(at)))
      const told = replies.map(({ body }) => (body as unknown as { details?: { code: string }[] }).details?.[0]?.code)
      expect(told.filter((code) => code === 'INVALID_OTP')).toHaveLength(3)
    })

    it('is refused for devices that make no codes, and for users who have none', async () => {
      const { user, device } = await withEmail()
      const named = await begin({ user, otp: '123456', selectedDevice: { id: device.id } })
      expectRefusal(named, 'INVALID_DATA', ['INVALID_VALUE', 'otp'])
      const oneTime = { type: 'EMAIL', email: newEmail() }
      const once = await begin({ user, otp: '123456', selectedDevice: { oneTime } })
      expectRefusal(once, 'INVALID_DATA', ['INVALID_VALUE', 'otp'])
      expectRefusal(await begin({ user, otp: '123456' }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
      expectRefusal(await begin({ user: { id: newUser() }, otp: '123456' }), 'REQUEST_FAILED', ['MFA_DISABLED'])
    })
  })

  describe('Device Selection', () => {
    it('asks the chosen device, and the one before no more', async () => {
      const { user, email } = await withEmail()
      const phone = newPhone()
      const second = await addDevice(world.one, user.id, {
        type: 'SMS',
        phone,
        status: 'ACTIVE',
        nickname: 'Old phone',
      })
      const authentication = await begun({ user })
      const { steps } = waiting(authentication)
      const first = world.provider.codeFor(email)
      const selected = await does(authentication, 'device.select', { device: { id: second.id } })
      expect(selected.body).toMatchObject({ status: 'OTP_REQUIRED', selectedDevice: { id: second.id } })
      await steps.until((step) => step?.device?.name === 'Old phone' && step.notification === 'SENT')
      const code = world.provider.codeFor(phone)
      if (code !== first) expectRefusal(await check(authentication, first), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      expect((await check(authentication, code)).body.authenticators).toEqual(['otp', 'sms', 'mfa'])
    })

    it('refuses devices that may not be selected, and changes nothing', async () => {
      const { user, email } = await withEmail()
      const other = await withEmail()
      const authentication = await begun({ user })
      for (const id of [other.device.id, 'none']) {
        const refused = await does(authentication, 'device.select', { device: { id } })
        expectRefusal(refused, 'INVALID_DATA', ['INVALID_VALUE', 'device.id'])
      }
      expectRefusal(await does(authentication, 'device.select'), 'INVALID_DATA', ['REQUIRED_VALUE', 'device'])
      expect((await check(authentication, world.provider.codeFor(email))).status).toBe(200)
    })
  })

  describe('a code sent anew', () => {
    it('is another one; the one before is dead', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      const first = world.provider.codeFor(email)
      expect((await does(authentication, 'otp.resend')).body.status).toBe('OTP_REQUIRED')
      const second = world.provider.codeFor(email)
      if (first !== second) expectRefusal(await check(authentication, first), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      expect((await check(authentication, second)).status).toBe(200)
    })

    it('may be had five times', async () => {
      const { user } = await withEmail()
      const authentication = await begun({ user })
      for (let times = 0; times < 5; times++) expect((await does(authentication, 'otp.resend')).status).toBe(200)
      expectRefusal(await does(authentication, 'otp.resend'), 'REQUEST_LIMITED', ['OTP_RESEND_LIMIT'])
    })

    it('is refused where none was sent', async () => {
      const { user } = await withApp()
      const authentication = await begun({ user })
      expect(authentication._links).not.toHaveProperty('otp.resend')
      expectRefusal(await does(authentication, 'otp.resend'), 'INVALID_REQUEST', ['INVALID_ACTION', 'action'])
    })
  })

  describe('Cancel Device Authentication', () => {
    it.each([
      ['SIGNOUT', 'SIGNOUT'],
      ['CHANGE_DEVICE', 'CHANGE_DEVICE'],
      ['ADD_DEVICE', 'ADD_DEVICE'],
      ['boredom', 'DEFAULT'],
      [undefined, 'DEFAULT'],
      [7, 'DEFAULT'],
    ])('for the reason %j keeps %s, and the page hears that it is over', async (reason, cancelReason) => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      const { ends } = waiting(authentication)
      const cancelled = await does(authentication, 'cancel.push.authentication', { reason })
      expect(cancelled.body).toMatchObject({ status: 'CANCELLED', cancelReason })
      expect(await ends.until(() => true)).toBe('cancelled')
      const late = await check(authentication, world.provider.codeFor(email))
      expectRefusal(late, 'CONFLICT', ['AUTHENTICATION_COMPLETE'])
      expectRefusal(await does(authentication, 'cancel'), 'CONFLICT', ['AUTHENTICATION_COMPLETE'])
    })

    it('to change the device is no end where another way may be tried', async () => {
      const { user, email, device } = await withEmail()
      const authentication = await begun({ user, retryable: true })
      const { steps } = waiting(authentication)
      const cancelled = await does(authentication, 'cancel', { reason: 'CHANGE_DEVICE' })
      expect(cancelled.body).toMatchObject({ status: 'DEVICE_SELECTION_REQUIRED', cancelReason: 'CHANGE_DEVICE' })
      expect(cancelled.body).not.toHaveProperty('selectedDevice')
      await steps.until((step) => step?.status === 'DEVICE_SELECTION_REQUIRED')
      const dead = await check(authentication, world.provider.codeFor(email))
      expectRefusal(dead, 'INVALID_REQUEST', ['INVALID_ACTION', 'action'])
      await does(authentication, 'device.select', { device: { id: device.id } })
      expect((await check(authentication, world.provider.codeFor(email))).body.status).toBe('COMPLETED')
    })
  })

  describe('an authentication', () => {
    it('that nobody finishes in time is over: TIMED_OUT, and the page hears it', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user, challengeTimeout: 1 })
      const { ends, steps } = waiting(authentication)
      expect(await ends.until(() => true)).toBe('timed_out')
      expect(steps.heard.at(-1)?.status).toBe('TIMED_OUT')
      expect(await read(authentication)).toMatchObject({ status: 'TIMED_OUT' })
      const late = await check(authentication, world.provider.codeFor(email))
      expectRefusal(late, 'CONFLICT', ['AUTHENTICATION_COMPLETE'])
    })

    it.each([
      ['denied', 'FAILED'],
      ['cancelled', 'CANCELLED'],
      ['lost interest', 'FAILED'],
    ])('whose challenge a backend ends as %s is %s', async (challengeStatus, status) => {
      const { user } = await withEmail()
      const authentication = await begun({ user })
      const body = { challengeStatus, isChallengeComplete: true }
      await call(world.one, 'PATCH', `/v1/challenges/${authentication.id}`, { token: world.one.backend(), body })
      expect(await read(authentication)).toMatchObject({ status })
    })

    it('is approved by what was proven, and by no backend’s word', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      const body = { challengeStatus: 'approved', isChallengeComplete: true }
      const path = `/v1/challenges/${authentication.id}`
      const reply = await call<{ errors: object[] }>(world.one, 'PATCH', path, { token: world.one.backend(), body })
      expect([reply.status, reply.body.errors]).toMatchObject([400, [{ path: 'challengeStatus' }]])
      expect(await read(authentication)).toMatchObject({ status: 'OTP_REQUIRED' })
      expect((await check(authentication, world.provider.codeFor(email))).body.status).toBe('COMPLETED')
    })

    it('is read only when it has changed', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      const path = `${AUTHENTICATIONS}/${authentication.id}`
      const tag = (await mfa(world.one, 'GET', path)).headers.get('etag') ?? ''
      const again = () => mfa(world.other, 'GET', path, undefined, { headers: { 'If-None-Match': tag } })
      expect((await again()).status).toBe(304)
      await addDevice(world.one, user.id, { type: 'SMS', phone: newPhone(), status: 'ACTIVE' })
      expect((await again()).status).toBe(200)
      await check(authentication, world.provider.codeFor(email))
      expect((await again()).status).toBe(200)
    })

    it('releases no poll while only its steps move, but for one that asks since the version it knows', async () => {
      const { user, email } = await withEmail()
      const authentication = await begun({ user })
      const token = world.other.backend()
      const path = `/v1/challenges/${authentication.id}/poll?pollInterval=100&pollRetries=100`
      const polled = call<Status>(world.other, 'GET', path, { token })
      await does(authentication, 'otp.resend')
      await check(authentication, world.provider.codeFor(email))
      expect((await polled).body).toMatchObject({ pollOutcome: 'complete', challengeStatus: 'approved' })
    })
  })

  function masked(address: string): string {
    const at = address.indexOf('@')
    if (at < 0) return `${address.slice(0, 3)}${'*'.repeat(address.length - 5)}${address.slice(-2)}`
    return `${address.slice(0, 2)}****${address.slice(at)}`
  }
})
