import { afterEach, expect, it } from 'vitest'
import { hangUpAll } from '../../gateway/sockets.ts'
import { describeMfa, mfa, newUser, pairPhone } from '../../mfa/world.ts'
import { call } from '../../support/http-client.ts'
import {
  act,
  actionsOf,
  answered,
  challengeOf,
  done,
  expectRefused,
  look,
  type Opened,
  opened,
  opening,
  waiting,
} from './flows.ts'

/* A flow that names nobody: whoever's phone claims its code signs on. */

const ASSENT = { application: { id: 'assent' } }

describeMfa((world) => {
  afterEach(hangUpAll)

  const begun = (authenticationCode: object = {}, more: object = {}) =>
    opened(world.one, { authenticationCode: { ...ASSENT, ...authenticationCode }, ...more })
  const claimed = async (flow: Opened) => {
    const { user, phone } = await pairPhone(world.one)
    expect((await phone.claimCode(world.other, flow.authenticationCode?.code ?? '')).status).toBe(200)
    return { user, phone }
  }

  it('is shown, claimed and approved, and its page hears each step', async () => {
    const flow = await begun({}, { resumeUrl: 'https://login.example.com/' })
    expect(flow).toMatchObject({
      status: 'AUTHENTICATION_CODE_RESPONSE_REQUIRED',
      authenticationCode: {
        code: expect.stringMatching(/^[A-HJKMNP-Z2-9]{10}$/),
        uri: `assent:sign-on?code=${flow.authenticationCode?.code}`,
        expiresAt: expect.stringMatching(/Z$/),
      },
    })
    expect(actionsOf(flow)).toEqual(['poll', 'cancelAuthentication'])
    const { steps, ends } = waiting(world.other, flow)
    await steps.until((step) => step === 'UNCLAIMED')
    const polling = act(world.other, flow, 'poll')
    const { user, phone } = await claimed(flow)
    expect((await polling).status).toBe(200)
    const waits = (await look(world.other, flow)).body
    expect(waits.status).toBe('AUTHENTICATION_CODE_RESPONSE_REQUIRED')
    expect(waits).not.toHaveProperty('authenticationCode')
    expect(JSON.stringify(waits)).not.toContain(user)
    await answered(world.other, phone, 'approve')
    for (const { body } of [await look(world.one, flow), await act(world.other, flow, 'poll')]) {
      expect(body).toMatchObject({ status: 'MFA_COMPLETED', user: { id: user } })
    }
    expect(await ends.until(() => true)).toBe('approved')
    expect(steps.heard).toContain('CLAIMED')
    const way = await done(world.one, flow, 'continueAuthentication')
    expect(way.resumeUrl).toBe(`https://login.example.com/?flowId=${flow.flowId}&challenge=${flow.challenge}`)
  })

  it('needs no approval where none is asked for', async () => {
    const flow = await begun({ userApproval: 'NOT_REQUIRED' })
    const { user } = await claimed(flow)
    expect((await look(world.other, flow)).body).toMatchObject({ status: 'MFA_COMPLETED', user: { id: user } })
  })

  it('has failed when it is denied, and there is a way on', async () => {
    const flow = await begun()
    const { phone } = await claimed(flow)
    await answered(world.one, phone, 'deny')
    const { body } = await look(world.other, flow)
    expect(body).toMatchObject({ status: 'MFA_FAILED', code: 'DENIED' })
    expect(actionsOf(body)).toEqual(['continueAuthentication', 'cancelAuthentication'])
    expect((await act(world.one, flow, 'poll')).body).toEqual(body)
    const { version } = await challengeOf(world.one, flow)
    expect((await done(world.one, flow, 'cancelAuthentication')).status).toBe('CANCELED')
    expect((await challengeOf(world.other, flow)).version).toBe(version)
  })

  it('has failed when its time is up', async () => {
    const flow = await begun({ lifeTime: { duration: 10 } })
    const { ends } = waiting(world.other, flow)
    expect(await ends.until(() => true, { within: 15_000 })).toBe('timed_out')
    expect((await look(world.one, flow)).body).toMatchObject({ status: 'MFA_FAILED', code: 'TIMED_OUT' })
  })

  it('is withdrawn by its page, once', async () => {
    const flow = await begun()
    const { ends } = waiting(world.other, flow)
    expect((await done(world.other, flow, 'cancelAuthentication')).status).toBe('CANCELED')
    expect(await ends.until(() => true)).toBe('cancelled')
    expect((await look(world.one, flow)).body.status).toBe('CANCELED')
    expectRefused(await act(world.one, flow, 'cancelAuthentication'), [400, 'INVALID_ACTION_ID'])
    const { phone } = await pairPhone(world.one)
    expect((await phone.claimCode(world.one, flow.authenticationCode?.code ?? '')).status).toBe(404)
  })

  it('takes no action that is meant for devices', async () => {
    const flow = await begun()
    for (const action of ['authenticate', 'selectDevice', 'checkOtp', 'resendOtp', 'continueAuthentication']) {
      expectRefused(await act(world.one, flow, action), [400, 'INVALID_ACTION_ID'])
    }
    expect(await challengeOf(world.one, flow)).toMatchObject({ version: 1 })
  })

  it('shows the number of the challenge it drives, once the phone is asked', async () => {
    const body = { numberMatching: 2 }
    const token = world.one.backend()
    const created = await call<{ challenge: string; number: string }>(world.one, 'POST', '/v1/challenges', {
      token,
      body,
    })
    const { challenge, number } = created.body
    const flow = await begun({}, { waitingChallenge: challenge })
    expect(flow).not.toHaveProperty('number')
    const { phone } = await claimed(flow)
    expect((await look(world.other, flow)).body.number).toBe(number)
    for (const typed of ['a', 'b', 'c']) {
      const wrongly = String((Number(number) + typed.charCodeAt(0)) % 100).padStart(2, '0')
      await answered(world.other, phone, 'approve', wrongly)
    }
    expect((await look(world.one, flow)).body).toMatchObject({ status: 'MFA_FAILED', code: 'NUMBER_ATTEMPTS_LIMIT' })
  })

  it('is opened once under one Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': newUser() }
    const body = { authenticationCode: ASSENT, resumeUrl: 'https://login.example.com/' }
    const one = await opening(world.one, body, headers)
    const other = await opening(world.other, body, headers)
    expect(other.body.flowId).toBe(one.body.flowId)
    const elsewhere = { ...body, resumeUrl: 'https://evil.example/' }
    expectRefused(await opening(world.one, elsewhere, headers), [422, 'INVALID_REQUEST'])
  })

  it('is an authentication code like any other to its backend', async () => {
    const flow = await begun()
    const { body } = await mfa(world.other, 'GET', `/v1/authenticationCodes/${flow.challenge}`)
    expect(body).toMatchObject({ status: 'UNCLAIMED', code: flow.authenticationCode?.code })
    expect(JSON.stringify(body)).not.toContain(flow.flowId)
  })
})
