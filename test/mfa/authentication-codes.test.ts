import { afterEach, describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { AuthenticationCodeView } from '../../server/protocol/mfa.ts'
import { dial, hangUpAll, type Status } from '../gateway/sockets.ts'
import { expectProblem } from '../http/expect-problem.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import type { Phone } from '../support/phone.ts'
import { Recorder } from '../support/recorder.ts'
import { describeMfa, ENVIRONMENT_ID, expectRefusal, mfa, newUser, pairPhone } from './world.ts'

/* Seed 001: "QR code passwordless sign-on": whoever's phone claims the code signs on, without a user name. */

const CODES = '/v1/authenticationCodes'
const ASSENT = { application: { id: 'assent' } }

describeMfa((world) => {
  afterEach(hangUpAll)

  const paired = (user?: string) => pairPhone(world.one, user)
  const create = async (body: object = {}) => {
    const reply = await mfa<AuthenticationCodeView>(world.one, 'POST', CODES, { ...ASSENT, ...body })
    expect(reply.text).toContain('"status"')
    expect(reply.status).toBe(201)
    return reply.body as AuthenticationCodeView & { code: string }
  }
  const read = async ({ id }: AuthenticationCodeView) =>
    (await mfa<AuthenticationCodeView>(world.other, 'GET', `${CODES}/${id}`)).body
  const challengeOf = async ({ id }: AuthenticationCodeView) =>
    (await call<Status>(world.other, 'GET', `/v1/challenges/${id}`, { token: world.other.backend() })).body
  const shownOn = async (phone: Phone) => (await phone.approvals(world.other))[0] as ApprovalView
  const waiting = ({ _embedded }: AuthenticationCodeView) => {
    const steps = new Recorder<string>()
    const socket = dial(world.other.url, '/waiting', { token: _embedded.challenge.waitToken })
    socket.on('status', ({ authentication }: Status) => {
      if (steps.heard.at(-1) !== authentication?.status) steps.listen(authentication?.status ?? '')
    })
    return steps
  }

  it('is made for a minute, shown as a code and as a QR code, and kept from whoever reads the store', async () => {
    const made = await create({ clientContext: { Place: 'near Berlin' } })
    expect(made).toMatchObject({
      code: expect.stringMatching(/^[A-HJKMNP-Z2-9]{10}$/),
      uri: `assent:sign-on?code=${made.code}`,
      status: 'UNCLAIMED',
      userApproval: 'REQUIRED',
      application: { id: 'assent' },
      lifeTime: { duration: 60, timeUnit: 'SECONDS' },
      clientContext: { Place: 'near Berlin' },
      environment: { id: ENVIRONMENT_ID },
      _embedded: { challenge: { challenge: made.id, challengeStatus: 'started', waitToken: expect.any(String) } },
    })
    expect(made).not.toHaveProperty('user')
    const life = Date.parse(made.expiresAt ?? '') - Date.parse(made.createdAt ?? '')
    expect(life).toBeLessThanOrEqual(60_000)
    expect(life).toBeGreaterThan(58_000)
    const qr = await mfa(world.other, 'GET', `${CODES}/${made.id}/qr`)
    expect(qr.headers.get('content-type')).toBe('image/svg+xml')
    expect(await read(made)).toMatchObject({ code: made.code, status: 'UNCLAIMED' })
    // It is no device authentication.
    expectRefusal(await mfa(world.one, 'GET', `/v1/deviceAuthentications/${made.id}`), 'NOT_FOUND')
  })

  it('is claimed by a phone and approved there, while the page moves with it', async () => {
    const { user, phone } = await paired()
    const made = await create({ clientContext: { Place: 'near Berlin' } })
    const steps = waiting(made)
    await eventually(() => steps.heard.at(0) === 'UNCLAIMED')
    const claimed = await phone.claimCode(world.other, made.code)
    expect(claimed.body).toEqual({
      status: 'CLAIMED',
      challenge: made.id,
      application: { id: 'assent', name: 'Assent' },
      clientContext: { Place: 'near Berlin' },
    })
    const mine = await read(made)
    expect(mine).toMatchObject({
      status: 'CLAIMED',
      user: { id: user },
      _embedded: {
        device: {
          id: phone.id,
          os: { type: 'Android', version: '16' },
          model: { name: 'GX7', marketingName: 'Example 7' },
          application: { id: 'assent', nativeName: 'assent', version: '1.0' },
        },
      },
    })
    expect(mine).not.toHaveProperty('code')
    const shown = await shownOn(phone)
    expect(shown).toMatchObject({ display: { title: 'Sign in', fields: [{ label: 'Place', value: 'near Berlin' }] } })
    expect((await phone.decide(world.one, 'approve', shown)).status).toBe(200)
    expect(await read(made)).toMatchObject({ status: 'COMPLETED', user: { id: user } })
    expect(await challengeOf(made)).toMatchObject({ challengeStatus: 'approved', decidedBy: user })
    await eventually(() => steps.heard.at(-1) === 'COMPLETED')
    expect(steps.heard).toContain('CLAIMED')
    const receipt = await call(world.one, 'GET', `/v1/challenges/${made.id}/receipt`, { token: world.one.backend() })
    expect(receipt.body).toMatchObject({ approver: user, device: phone.id, decision: 'approve' })
  })

  it('is done with the claim where no approval is asked for', async () => {
    const { user, phone } = await paired()
    const made = await create({ userApproval: 'NOT_REQUIRED' })
    expect(
      (await phone.claimCode(world.other, made.code.toLowerCase(), phone.signOnSignature(made.code))).body.status,
    ).toBe('COMPLETED')
    expect(await read(made)).toMatchObject({ status: 'COMPLETED', user: { id: user } })
    expect(await challengeOf(made)).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true })
  })

  it('is denied on the phone', async () => {
    const { phone } = await paired()
    const made = await create()
    await phone.claimCode(world.other, made.code)
    await phone.decide(world.one, 'deny', await shownOn(phone))
    expect(await read(made)).toMatchObject({ status: 'DENIED' })
    expect(await challengeOf(made)).toMatchObject({ challengeStatus: 'denied' })
  })

  it('is one phone’s, however many claim it at once; who says it again is told the same', async () => {
    const phones = await Promise.all(Array.from({ length: 6 }, async () => (await paired()).phone))
    const made = await create()
    const replies = await Promise.all(
      phones.map((phone, at) => phone.claimCode(at % 2 ? world.one : world.other, made.code)),
    )
    const won = replies.findIndex(({ status }) => status === 200)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const [at, reply] of replies.entries()) if (at !== won) expectRefusal(reply, 'NOT_FOUND')
    expect((await phones[won]?.claimCode(world.one, made.code))?.status).toBe(200)
  })

  it('expires, claimed or not', async () => {
    const { phone } = await paired()
    const [late, waited] = [
      await create({ lifeTime: { duration: 10 } }),
      await create({ lifeTime: { duration: 10, timeUnit: 'SECONDS' } }),
    ]
    const steps = waiting(late)
    expect((await phone.claimCode(world.one, waited.code)).status).toBe(200)
    await eventually(async () => (await read(late)).status === 'EXPIRED', { within: 15_000 })
    await eventually(async () => (await read(waited)).status === 'EXPIRED', { within: 5_000 })
    expectRefusal(await phone.claimCode(world.one, late.code), 'NOT_FOUND')
    await eventually(() => steps.heard.at(-1) === 'TIMED_OUT')
    expect(await challengeOf(waited)).toMatchObject({ challengeStatus: 'timed_out' })
    expect(await phone.approvals(world.one)).toEqual([])
  })

  it('is withdrawn', async () => {
    const { phone } = await paired()
    const made = await create()
    await phone.claimCode(world.one, made.code)
    expect((await mfa(world.other, 'DELETE', `${CODES}/${made.id}`)).status).toBe(204)
    expect(await read(made)).toMatchObject({ status: 'FAILED', error: { code: 'CANCELLED' } })
    expect(await phone.approvals(world.one)).toEqual([])
    const unclaimed = await create()
    await mfa(world.other, 'DELETE', `${CODES}/${unclaimed.id}`)
    expectRefusal(await phone.claimCode(world.one, unclaimed.code), 'NOT_FOUND')
  })

  it('drives a challenge that is open already', async () => {
    const { phone } = await paired()
    const created = await call<Status>(world.one, 'POST', '/v1/challenges', { token: world.one.backend(), body: {} })
    const made = await create({ waitingChallenge: created.body.challenge, userApproval: 'NOT_REQUIRED' })
    expect(made.id).toBe(created.body.challenge)
    await phone.claimCode(world.other, made.code)
    expect(await challengeOf(made)).toMatchObject({ challengeStatus: 'approved' })
  })

  it('is the same one for the same Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': newUser() }
    const [first, again] = await Promise.all([
      mfa(world.one, 'POST', CODES, ASSENT, { headers }),
      mfa(world.other, 'POST', CODES, ASSENT, { headers }),
    ])
    expect(again.body.id).toBe(first.body.id)
    expect(again.body.code).toBe(first.body.code)
  })

  describe('is refused', () => {
    it('to whoever has no paired phone, another application, another key, or MFA switched off', async () => {
      const { user, phone } = await paired()
      const made = await create()
      const bare = { token: world.one.approver(user), body: { code: made.code, signature: 'x' } }
      expectRefusal(await call(world.one, 'POST', `${CODES}/claim`, bare), 'REQUEST_FAILED', ['DEVICE_NOT_ACTIVE'])
      expectRefusal(
        await phone.claimCode(world.one, made.code, phone.signOnSignature('ANOTHERC0D')),
        'REQUEST_FAILED',
        ['FOREIGN_KEY', 'signature'],
      )
      // What was signed to pair it is no claim of a code.
      expectRefusal(await phone.claimCode(world.one, made.code, phone.claimSignature(made.code)), 'REQUEST_FAILED', [
        'FOREIGN_KEY',
        'signature',
      ])
      expectRefusal(await phone.claimCode(world.one, 'UNKNOWNCDE'), 'NOT_FOUND')
      const other = await mfa(world.one, 'POST', '/v1/applications', { name: `Bank of ${user}` })
      const foreign = await create({ application: { id: other.body.id } })
      expectRefusal(await phone.claimCode(world.one, foreign.code), 'REQUEST_FAILED', [
        'APPLICATION_NOT_ALLOWED',
        'code',
      ])
      await mfa(world.one, 'PUT', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`, { mfaEnabled: false })
      expectRefusal(await phone.claimCode(world.one, made.code), 'REQUEST_FAILED', ['MFA_DISABLED'])
      expect(await read(made)).toMatchObject({ status: 'UNCLAIMED' })
      expectRefusal(await mfa(world.one, 'POST', `${CODES}/claim`, { code: 'x', signature: 'x' }), 'ACCESS_FAILED', [
        'INSUFFICIENT_PERMISSIONS',
      ])
    })

    it('to other phones’ answers', async () => {
      const [{ phone }, { phone: stranger }] = [await paired(), await paired()]
      const made = await create()
      await phone.claimCode(world.one, made.code)
      expectProblem(await stranger.decide(world.one, 'approve', await shownOn(phone)), 'challenge_not_found')
    })

    it.each([
      [{}, ['REQUIRED_VALUE', 'application']],
      [{ application: { id: 'unknown' } }, ['INVALID_VALUE', 'application.id']],
      [{ ...ASSENT, lifeTime: { duration: 9 } }, ['INVALID_VALUE', 'lifeTime.duration']],
      [{ ...ASSENT, lifeTime: { duration: 31, timeUnit: 'MINUTES' } }, ['INVALID_VALUE', 'lifeTime.duration']],
      [{ ...ASSENT, userApproval: 'MAYBE' }, ['INVALID_VALUE', 'userApproval']],
      [{ ...ASSENT, clientContext: { a: 'x'.repeat(501) } }, ['SIZE_LIMIT_EXCEEDED', 'clientContext.a']],
      [{ ...ASSENT, code: 'MINE' }, ['UNKNOWN_FIELD', 'code']],
    ] as const)('as %j', async (body, detail) => {
      expectRefusal(await mfa(world.one, 'POST', CODES, body), 'INVALID_DATA', detail)
    })
  })
})
