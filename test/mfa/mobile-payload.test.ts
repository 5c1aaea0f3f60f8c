import { describe, expect, it } from 'vitest'
import type { AuthenticationView } from '../../server/protocol/mfa.ts'
import { PROOF_TYPE } from '../../server/protocol/statement.ts'
import { describeMfa, devicesOf, expectRefusal, mfa, newUser, pairPhone } from './world.ts'

/* Seed 001: `mobilePayload`: an app on a paired phone says whose it is, and nobody types a name. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'

describeMfa((world) => {
  const paired = (user?: string) => pairPhone(world.one, user)
  const begin = (mobilePayload: unknown, more: object = {}, hub = world.one, headers = {}) =>
    mfa<AuthenticationView>(
      hub,
      'POST',
      AUTHENTICATIONS,
      { mobilePayload, application: { id: 'assent' }, ...more },
      { headers },
    )
  const authorizing = async () => {
    const body = { name: `Policy ${newUser()}`, mobile: { deviceAuthorization: { enabled: true } } }
    return { id: (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', body)).body.id as string }
  }

  it('names the user and asks that very phone', async () => {
    const { user, phone } = await paired()
    await paired(user)
    const reply = await begin(phone.payload())
    expect(reply.status).toBe(201)
    expect(reply.body).toMatchObject({
      status: 'PUSH_CONFIRMATION_REQUIRED',
      user: { id: user },
      selectedDevice: { id: phone.id },
    })
    expect(await phone.approvals(world.other)).toHaveLength(1)
  })

  it('is enough where the policy says so', async () => {
    const { user, phone } = await paired()
    const reply = await begin(phone.payload(), { policy: await authorizing() }, world.other)
    expect(reply.body).toMatchObject({
      status: 'COMPLETED',
      user: { id: user },
      authenticators: ['swk', 'mfa'],
      _embedded: { challenge: { challengeStatus: 'approved', isChallengeComplete: true } },
    })
  })

  it('is good once, and for the same request again', async () => {
    const { phone } = await paired()
    const [payload, policy] = [phone.payload(), await authorizing()]
    const headers = { 'Idempotency-Key': newUser() }
    const first = await begin(payload, { policy }, world.one, headers)
    expect(first.status).toBe(201)
    const again = await begin(payload, { policy }, world.other, headers)
    expect(again.body.id).toBe(first.body.id)
    expectRefusal(await begin(payload, { policy }), 'REQUEST_FAILED', ['INVALID_MOBILE_PAYLOAD', 'mobilePayload'])
  })

  it('is good for one of many who show it at once', async () => {
    const { phone } = await paired()
    const [payload, policy] = [phone.payload(), await authorizing()]
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_none, at) => begin(payload, { policy }, at % 2 ? world.one : world.other)),
    )
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
  })

  describe('is refused', () => {
    it('when anything of it is wrong', async () => {
      const [{ phone }, { phone: stranger }] = [await paired(), await paired()]
      const seconds = Math.floor(Date.now() / 1_000)
      const wrong = [
        'nonsense',
        'a.b.c',
        stranger.payload({ iss: phone.id }),
        phone.payload({ iss: 'nobody' }),
        phone.payload({ aud: 'elsewhere' }),
        phone.payload({ application: 'another' }),
        phone.payload({ iat: seconds, exp: seconds + 121 }),
        phone.payload({ iat: seconds - 110, exp: seconds - 1 }),
        phone.payload({ iat: seconds + 70, exp: seconds + 100 }),
        phone.payload({ jti: 'short' }),
        phone.payload({}, PROOF_TYPE),
        phone.proof(),
      ]
      for (const payload of wrong) {
        expectRefusal(await begin(payload), 'REQUEST_FAILED', ['INVALID_MOBILE_PAYLOAD', 'mobilePayload'])
      }
      expect(await phone.approvals(world.one)).toEqual([])
    })

    it('from a phone that was removed, or whose owner has MFA switched off', async () => {
      const { user, phone } = await paired()
      await mfa(world.one, 'PUT', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`, { mfaEnabled: false })
      const policy = await authorizing()
      expectRefusal(await begin(phone.payload(), { policy }), 'REQUEST_FAILED', ['MFA_DISABLED'])
      expectRefusal(await begin(phone.payload()), 'REQUEST_FAILED', ['MFA_DISABLED'])
      await mfa(world.one, 'DELETE', `${devicesOf(user)}/${phone.id}`)
      expectRefusal(await begin(phone.payload()), 'REQUEST_FAILED', ['INVALID_MOBILE_PAYLOAD', 'mobilePayload'])
    })

    it.each([
      [{ application: undefined }, ['INVALID_VALUE', 'application']],
      [{ user: { id: 'ada' } }, ['INVALID_VALUE', 'user']],
      [{ otp: '123456' }, ['INVALID_VALUE', 'otp']],
      [{ usernameLess: true }, ['INVALID_VALUE', 'mobilePayload']],
    ] as const)('beside %j', async (more, detail) => {
      const reply = await begin('x', more)
      const told = reply.status === 400 ? (reply.body as unknown as { details: { target: string }[] }).details : []
      expect(told.map(({ target }) => target)).toContain(detail[1])
    })
  })
})
