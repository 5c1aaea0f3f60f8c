import { TOTP } from 'otpauth'
import { afterEach, describe, expect, it } from 'vitest'
import { hangUpAll } from '../../gateway/sockets.ts'
import { addDevice, describeMfa, devicesOf, mfa, newPhone, newUser, pairPhone } from '../../mfa/world.ts'
import { eventually } from '../../support/eventually.ts'
import { call } from '../../support/http-client.ts'
import {
  act,
  actionsOf,
  answered,
  challengeOf,
  done,
  expectRefused,
  FLOWS,
  look,
  type Opened,
  opened,
  policyWith,
  type State,
  waiting,
  withEmail,
  wrong,
} from './flows.ts'

/* Seed 002, from the first call to each of its ends, with a page that waits on the socket of the other instance. */

const RESUME = 'https://login.example.com/back?session=a%20b&x=1#top'

describeMfa((world) => {
  afterEach(hangUpAll)

  const withTwo = async () => {
    const { user, email, device } = await withEmail(world)
    const { phone } = await pairPhone(world.one, user)
    return { user, email, device, phone, ref: { deviceRef: { id: phone.id } } }
  }
  /** Seen alike by who looks and by who polls. */
  const seen = async (flow: Opened, status: string): Promise<State> => {
    const [looked, polled] = await Promise.all([look(world.one, flow), act(world.other, flow, 'poll')])
    expect([looked.body.status, polled.body.status]).toEqual([status, status])
    expect(polled.body).toEqual(looked.body)
    return looked.body
  }

  it('by e-mail: every state, every link, and the page hears each step', async () => {
    const { user, email, device } = await withEmail(world)
    const phone = newPhone()
    await addDevice(world.one, user, { type: 'SMS', phone, status: 'ACTIVE', nickname: 'Mine' })
    const flow = await opened(world.one, { user: { id: user, username: 'jo' }, resumeUrl: RESUME })
    const { flowId, challenge, waitToken, ...first } = flow
    const href = `${FLOWS}/${flowId}`
    expect(flowId).toMatch(/^[\w-]{43}$/)
    expect(first).toEqual({
      id: flowId,
      pluginTypeId: 'assent',
      status: 'AUTHENTICATION_REQUIRED',
      user: { id: user, username: 'jo' },
      _links: { self: { href }, authenticate: { href }, cancelAuthentication: { href } },
    })
    expect((await look(world.other, flow)).body).toEqual(first)
    expect(await challengeOf(world.other, flow)).toMatchObject({ challengeStatus: 'started', version: 1 })
    const { steps, ends } = waiting(world.other, flow)
    await steps.until((step) => step === 'AUTHENTICATION_REQUIRED')
    expect(world.provider.sentTo(email)).toEqual([])

    const choice = await done(world.other, flow, 'authenticate')
    expect(choice).toMatchObject({ status: 'DEVICE_SELECTION_REQUIRED', changeDevicePermitted: true })
    expect(actionsOf(choice)).toEqual(['selectDevice', 'cancelAuthentication'])
    expect(choice).not.toHaveProperty('selectedDeviceRef')
    expect(choice.devices).toEqual([
      { ...device, type: 'EMAIL', name: 'Email', target: masked(email), usable: true, pushEnabled: false },
      {
        id: choice.devices?.[1]?.id,
        type: 'SMS',
        name: 'Text message',
        target: `${phone.slice(0, 3)}${'*'.repeat(phone.length - 5)}${phone.slice(-2)}`,
        nickname: 'Mine',
        usable: true,
        pushEnabled: false,
      },
    ])

    const asked = await done(world.one, flow, 'selectDevice', { deviceRef: device })
    expect(asked).toMatchObject({ status: 'OTP_REQUIRED', devices: choice.devices, selectedDeviceRef: device })
    expect(actionsOf(asked)).toEqual(['checkOtp', 'resendOtp', 'selectDevice', 'cancelAuthentication'])
    expect(world.provider.sentTo(email)).toHaveLength(1)
    const otp = world.provider.codeFor(email)

    const refused = expectRefused(
      await act(world.other, flow, 'checkOtp', { otp: wrong(otp) }),
      [400, 'VALIDATION_ERROR'],
      ['INVALID_OTP', 'otp'],
    )
    expect(refused.details[0]?.attemptsRemaining).toBe(2)
    const completed = await done(world.other, flow, 'checkOtp', { otp })
    expect(completed).toMatchObject({ status: 'MFA_COMPLETED', user: { id: user, username: 'jo' } })
    expect(completed).not.toHaveProperty('devices')
    expect(actionsOf(completed)).toEqual(['continueAuthentication'])
    expect(await ends.until(() => true)).toBe('approved')
    expect(new Set(steps.heard)).toEqual(
      new Set(['AUTHENTICATION_REQUIRED', 'DEVICE_SELECTION_REQUIRED', 'OTP_REQUIRED', 'COMPLETED']),
    )
    const ended = await challengeOf(world.one, flow)
    expect(ended).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true })

    for (const hub of [world.one, world.other]) {
      expect(await done(hub, flow, 'continueAuthentication')).toEqual({
        id: flowId,
        pluginTypeId: 'assent',
        status: 'RESUME',
        resumeUrl: `https://login.example.com/back?session=a%20b&x=1&flowId=${flowId}&challenge=${challenge}#top`,
        _links: { self: { href } },
      })
    }
    expect((await look(world.other, flow)).body.status).toBe('MFA_COMPLETED')
    expect((await challengeOf(world.one, flow)).version).toBe(ended.version)
    expect(waitToken).toMatch(/^ey/)
  })

  it('with one device goes straight to its state, and without a resumeUrl the page knows the way on', async () => {
    const { user, email, device } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user } })
    expect(await done(world.other, flow, 'authenticate')).toMatchObject({
      status: 'OTP_REQUIRED',
      selectedDeviceRef: device,
    })
    expect(world.provider.sentTo(email)).toHaveLength(1)
    await done(world.one, flow, 'checkOtp', { otp: world.provider.codeFor(email) })
    const way = await done(world.other, flow, 'continueAuthentication')
    expect(way.status).toBe('RESUME')
    expect(way).not.toHaveProperty('resumeUrl')
  })

  it.each([
    ['https://a.example', 'https://a.example/?'],
    ['http://a.example:8080/x?', 'http://a.example:8080/x?'],
    ['https://a.example/x?flowId=mine', 'https://a.example/x?flowId=mine&'],
  ])('goes on to %s with what it is about behind it', async (resumeUrl, expected) => {
    const { user } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user }, resumeUrl })
    await done(world.one, flow, 'authenticate')
    for (let tries = 0; tries < 3; tries++) await act(world.one, flow, 'checkOtp', { otp: 'no' })
    expect((await look(world.other, flow)).body.status).toBe('MFA_FAILED')
    const way = await done(world.other, flow, 'continueAuthentication')
    expect(way.resumeUrl).toBe(`${expected}flowId=${flow.flowId}&challenge=${flow.challenge}`)
  })
  describe('with a phone', () => {
    const asking = async (push?: object) => {
      const { user, phone, ref, device, email } = await withTwo()
      const flow = await opened(world.one, { user: { id: user }, policy: await policyWith(world.one, push) })
      const page = waiting(world.other, flow)
      const choice = await done(world.one, flow, 'authenticate')
      expect(choice.status).toBe('DEVICE_SELECTION_REQUIRED')
      expect(choice.devices?.[1]).toMatchObject({
        id: phone.id,
        name: 'Phone',
        nickname: "Ada's phone",
        pushEnabled: true,
      })
      const waits = await done(world.other, flow, 'selectDevice', ref)
      expect(waits).toMatchObject({ status: 'PUSH_CONFIRMATION_WAITING', selectedDeviceRef: { id: phone.id } })
      expect(actionsOf(waits)).toEqual(['poll', 'checkOtp', 'selectDevice', 'cancelAuthentication'])
      return { user, phone, ref, device, email, flow, page, waits }
    }

    it('approved: completed, by GET and by poll', async () => {
      const { flow, phone, page } = await asking()
      await answered(world.other, phone, 'approve')
      const state = await seen(flow, 'MFA_COMPLETED')
      expect(actionsOf(state)).toEqual(['continueAuthentication'])
      expect(await page.ends.until(() => true)).toBe('approved')
      expect(page.steps.heard).toContain('PUSH_CONFIRMATION_REQUIRED')
      expect((await done(world.one, flow, 'continueAuthentication')).status).toBe('RESUME')
    })

    const ways: readonly (readonly [string, (asked: Awaited<ReturnType<typeof asking>>) => Promise<void>])[] = [
      [
        'the same device again',
        async ({ flow, ref, phone, page }) => {
          expect((await done(world.one, flow, 'selectDevice', ref)).status).toBe('PUSH_CONFIRMATION_WAITING')
          await answered(world.other, phone, 'approve')
          await seen(flow, 'MFA_COMPLETED')
          expect(await page.ends.until(() => true)).toBe('approved')
        },
      ],
      [
        'another device',
        async ({ flow, device, email, page }) => {
          expect((await done(world.one, flow, 'selectDevice', { deviceRef: device })).status).toBe('OTP_REQUIRED')
          expectRefused(await act(world.one, flow, 'poll'), [400, 'INVALID_ACTION_ID'])
          const otp = world.provider.codeFor(email)
          expect((await done(world.other, flow, 'checkOtp', { otp })).status).toBe('MFA_COMPLETED')
          expect(await page.ends.until(() => true)).toBe('approved')
        },
      ],
      [
        'cancelled',
        async ({ flow, page, phone }) => {
          const cancelled = await done(world.one, flow, 'cancelAuthentication')
          expect(cancelled.status).toBe('CANCELED')
          expect(actionsOf(cancelled)).toEqual([])
          await seen(flow, 'CANCELED')
          expect(await page.ends.until(() => true)).toBe('cancelled')
          expect(await phone.approvals(world.one)).toEqual([])
        },
      ],
    ]

    it.each(ways)('denied, and then %s', async (_what, then) => {
      const asked = await asking()
      await answered(world.other, asked.phone, 'deny')
      const state = await seen(asked.flow, 'PUSH_CONFIRMATION_REJECTED')
      expect(actionsOf(state)).toEqual(['selectDevice', 'cancelAuthentication'])
      expect(state).toMatchObject({ selectedDeviceRef: { id: asked.phone.id }, devices: asked.waits.devices })
      expect(await challengeOf(world.one, asked.flow)).toMatchObject({ challengeStatus: 'started' })
      await asked.page.steps.until((step) => step === 'PUSH_CONFIRMATION_REJECTED')
      await then(asked)
    })

    it.each(ways)('not answered, and then %s', async (_what, then) => {
      const asked = await asking({ numberMatching: 'OFF', lifeTime: { duration: 5, timeUnit: 'SECONDS' } })
      await eventually(
        async () => (await look(world.other, asked.flow)).body.status === 'PUSH_CONFIRMATION_TIMED_OUT',
        {
          within: 15_000,
        },
      )
      const state = await seen(asked.flow, 'PUSH_CONFIRMATION_TIMED_OUT')
      expect(actionsOf(state)).toEqual(['selectDevice', 'cancelAuthentication'])
      expect(state).toMatchObject({ selectedDeviceRef: { id: asked.phone.id }, devices: asked.waits.devices })
      await asked.page.steps.until((step) => step === 'PUSH_CONFIRMATION_TIMED_OUT')
      await then(asked)
    })

    it('cancelled while it is asked is withdrawn from it', async () => {
      const { flow, phone, page } = await asking()
      expect(await phone.approvals(world.one)).toHaveLength(1)
      expect((await done(world.other, flow, 'cancelAuthentication')).status).toBe('CANCELED')
      expect(await phone.approvals(world.one)).toEqual([])
      expect(await page.ends.until(() => true)).toBe('cancelled')
    })

    it('takes a code of the phone’s in place of an answer', async () => {
      const { flow, phone } = await asking()
      const { secret, period } = phone.paired?.otp ?? { secret: '', period: 0 }
      const otp = new TOTP({ secret, period }).generate()
      expect((await done(world.other, flow, 'checkOtp', { otp })).status).toBe('MFA_COMPLETED')
    })

    it('shows the number to the page, which is the flow’s browser, and to nobody else', async () => {
      const { flow, phone, waits } = await asking({})
      expect(waits.number).toMatch(/^\d\d$/)
      expect((await look(world.one, flow)).body.number).toBe(waits.number)
      expect(flow).not.toHaveProperty('number')
      const native = await mfa(world.one, 'GET', `/v1/deviceAuthentications/${flow.challenge}`)
      expect(JSON.stringify(native.body)).not.toContain('"number"')
      expect(JSON.stringify(await phone.approvals(world.one))).not.toContain('"number"')
      await answered(world.other, phone, 'approve', waits.number)
      expect(await seen(flow, 'MFA_COMPLETED')).not.toHaveProperty('number')
    })

    it('fails with the third wrong number, and hands out the way on', async () => {
      const { flow, phone, waits } = await asking({})
      const other = waits.number === '00' ? '01' : '00'
      for (let tries = 0; tries < 3; tries++) await answered(world.other, phone, 'approve', other)
      const state = await seen(flow, 'MFA_FAILED')
      expect(state).toMatchObject({ code: 'NUMBER_ATTEMPTS_LIMIT' })
      expect((await done(world.one, flow, 'continueAuthentication')).status).toBe('RESUME')
    })
  })

  it('drives a challenge that its backend has opened', async () => {
    const { user, email } = await withEmail(world)
    const token = world.one.backend()
    const { body } = await call<{ challenge: string }>(world.one, 'POST', '/v1/challenges', { token, body: {} })
    const flow = await opened(world.other, { user: { id: user }, waitingChallenge: body.challenge })
    expect(flow.challenge).toBe(body.challenge)
    await done(world.one, flow, 'authenticate')
    await done(world.one, flow, 'checkOtp', { otp: world.provider.codeFor(email) })
    expect(await challengeOf(world.other, flow)).toMatchObject({ challengeStatus: 'approved' })
  })

  it('counts and resends codes as the engine does', async () => {
    const { user, email } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user } })
    await done(world.one, flow, 'authenticate')
    const first = world.provider.codeFor(email)
    expect((await done(world.other, flow, 'resendOtp')).status).toBe('OTP_REQUIRED')
    expect(world.provider.sentTo(email)).toHaveLength(2)
    const otp = world.provider.codeFor(email)
    if (first !== otp) expect((await act(world.one, flow, 'checkOtp', { otp: first })).status).toBe(400)
    expect((await done(world.one, flow, 'checkOtp', { otp })).status).toBe('MFA_COMPLETED')
  })

  it('a code app has no code that could be sent anew', async () => {
    const user = newUser()
    const device = await addDevice(world.one, user, { type: 'TOTP' })
    const { secret = '' } = device
    const early = new TOTP({ secret }).generate({ timestamp: Date.now() - 30_000 })
    await mfa(world.one, 'POST', `${devicesOf(user)}/${device.id}?action=device.activate`, { otp: early })
    const flow = await opened(world.one, { user: { id: user } })
    const state = await done(world.other, flow, 'authenticate')
    expect(state.devices).toMatchObject([{ type: 'TOTP', name: 'Authenticator app', pushEnabled: false }])
    expect(actionsOf(state)).toEqual(['checkOtp', 'selectDevice', 'cancelAuthentication'])
    expectRefused(await act(world.one, flow, 'resendOtp'), [400, 'INVALID_ACTION_ID'])
    const otp = new TOTP({ secret }).generate()
    expect((await done(world.other, flow, 'checkOtp', { otp })).status).toBe('MFA_COMPLETED')
  })

  it('the last wrong code fails it: the way on is handed out, turning back changes nothing', async () => {
    const { user, email } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user }, resumeUrl: 'https://login.example.com/' })
    const { ends } = waiting(world.other, flow)
    await done(world.one, flow, 'authenticate')
    const otp = wrong(world.provider.codeFor(email))
    for (const left of [2, 1, 0]) {
      const reply = await act(world.other, flow, 'checkOtp', { otp })
      const { details } = expectRefused(reply, [400, 'VALIDATION_ERROR'], ['INVALID_OTP', 'otp'])
      expect(details[0]?.attemptsRemaining).toBe(left)
    }
    expect(await ends.until(() => true)).toBe('denied')
    const failed = (await look(world.one, flow)).body
    expect(failed).toMatchObject({ status: 'MFA_FAILED', code: 'OTP_ATTEMPTS_LIMIT' })
    expect(failed.userMessage).toMatch(/^[A-Z].*\.$/)
    expect(actionsOf(failed)).toEqual(['continueAuthentication', 'cancelAuthentication'])
    const { version } = await challengeOf(world.one, flow)
    expect((await done(world.one, flow, 'continueAuthentication')).resumeUrl).toContain(`flowId=${flow.flowId}`)
    expect((await done(world.one, flow, 'cancelAuthentication')).status).toBe('CANCELED')
    expect((await look(world.one, flow)).body).toEqual(failed)
    expect(await challengeOf(world.one, flow)).toMatchObject({ version, challengeStatus: 'denied' })
  })

  it('fails when nobody finishes in time, and when a backend ends it', async () => {
    const { user } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user }, challengeTimeout: 1 })
    const { ends } = waiting(world.other, flow)
    expect(await ends.until(() => true)).toBe('timed_out')
    expect((await look(world.one, flow)).body).toMatchObject({ status: 'MFA_FAILED', code: 'TIMED_OUT' })

    const other = await opened(world.one, { user: { id: user } })
    const ending = { challengeStatus: 'stopped', isChallengeComplete: true }
    await call(world.one, 'PATCH', `/v1/challenges/${other.challenge}`, { token: world.one.backend(), body: ending })
    expect((await look(world.other, other)).body).toMatchObject({ status: 'MFA_FAILED', code: 'REQUEST_FAILED' })
  })

  it('fails as it begins when there is no device to use', async () => {
    const { user } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user }, exclude: ['EMAIL'] })
    const { steps, ends } = waiting(world.other, flow)
    await steps.until((step) => step === 'AUTHENTICATION_REQUIRED')
    const state = await done(world.other, flow, 'authenticate')
    expect(state).toMatchObject({ status: 'MFA_FAILED', code: 'NO_USABLE_DEVICES' })
    expect(await ends.until(() => true)).toBe('denied')
    const native = await mfa(world.one, 'GET', `/v1/deviceAuthentications/${flow.challenge}`)
    expect(native.body).toMatchObject({ status: 'FAILED', error: { code: 'NO_USABLE_DEVICES' } })
  })
})

function masked(email: string): string {
  return `${email.slice(0, 2)}****${email.slice(email.lastIndexOf('@'))}`
}
