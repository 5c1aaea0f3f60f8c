import { expect, it } from 'vitest'
import { describeMfa, pairPhone } from '../../mfa/world.ts'
import { act, answered, challengeOf, done, look, type Opened, opened, policyWith, withEmail, wrong } from './flows.ts'

/* Both at the same moment, each at an instance of its own: one of them was first, and everybody says so. */

const ROUNDS = 12

describeMfa((world) => {
  const both = (flow: Opened, action: string, body: object = {}) =>
    Promise.all([act(world.one, flow, action, body), act(world.other, flow, action, body)])
  const statuses = (replies: readonly { readonly status: number }[]) => replies.map(({ status }) => status).toSorted()

  it('begun twice: one of them, and one message leaves', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user, email } = await withEmail(world)
      const flow = await opened(world.one, { user: { id: user } })
      expect(statuses(await both(flow, 'authenticate'))).toEqual([200, 400])
      expect((await look(world.one, flow)).body.status).toBe('OTP_REQUIRED')
      expect(world.provider.sentTo(email)).toHaveLength(1)
      const otp = world.provider.codeFor(email)
      expect((await done(world.one, flow, 'checkOtp', { otp })).status).toBe('MFA_COMPLETED')
    }
  })

  it('begun twice with a choice to make, or with nothing to choose from', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user } = await withEmail(world)
      await withEmail(world, user)
      const flow = await opened(world.one, { user: { id: user } })
      expect(statuses(await both(flow, 'authenticate'))).toEqual([200, 400])
      expect((await challengeOf(world.one, flow)).version).toBe(2)
      const none = await opened(world.one, { user: { id: user }, exclude: ['EMAIL'] })
      expect(statuses(await both(none, 'authenticate'))).toEqual([200, 400])
      expect((await challengeOf(world.other, none)).version).toBe(2)
    }
  })

  it('begun twice at a phone asks it once', async () => {
    const policy = await policyWith(world.one)
    for (let round = 0; round < ROUNDS / 3; round++) {
      const { user, phone } = await pairPhone(world.one)
      const flow = await opened(world.one, { user: { id: user }, policy })
      expect(statuses(await both(flow, 'authenticate'))).toEqual([200, 400])
      expect((await challengeOf(world.one, flow)).version).toBe(2)
      expect(await phone.approvals(world.other)).toHaveLength(1)
      expect((await answered(world.other, phone, 'approve')).status).toBe(200)
      expect((await look(world.one, flow)).body.status).toBe('MFA_COMPLETED')
    }
  })

  it('begun and cancelled: whichever came first, it is cancelled', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user } = await withEmail(world)
      const flow = await opened(world.one, { user: { id: user } })
      const [begun, cancelled] = await Promise.all([
        act(world.one, flow, 'authenticate'),
        act(world.other, flow, 'cancelAuthentication'),
      ])
      expect(cancelled.body.status).toBe('CANCELED')
      expect([200, 400]).toContain(begun.status)
      expect((await look(world.one, flow)).body.status).toBe('CANCELED')
    }
  })

  it('two right codes, and a right and a wrong one', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user, email } = await withEmail(world)
      const flow = await opened(world.one, { user: { id: user } })
      await done(world.one, flow, 'authenticate')
      const otp = world.provider.codeFor(email)
      const replies = await Promise.all([
        act(world.one, flow, 'checkOtp', { otp }),
        act(world.other, flow, 'checkOtp', { otp }),
        act(world.other, flow, 'checkOtp', { otp: wrong(otp) }),
      ])
      expect(replies.filter(({ status }) => status === 200).length).toBeGreaterThan(0)
      expect(replies[2]?.status).toBe(400)
      const { challengeStatus, version } = await challengeOf(world.one, flow)
      expect(challengeStatus).toBe('approved')
      await both(flow, 'checkOtp', { otp })
      expect((await challengeOf(world.other, flow)).version).toBe(version)
    }
  })

  it('approved and denied, approved and cancelled', async () => {
    const policy = await policyWith(world.one)
    for (let round = 0; round < ROUNDS / 2; round++) {
      const { user, phone } = await pairPhone(world.one)
      const flow = await opened(world.one, { user: { id: user }, policy })
      await done(world.one, flow, 'authenticate')
      const [shown] = await phone.approvals(world.one)
      if (!shown) throw new Error('nothing is asked')
      const said = await Promise.all([
        phone.decide(world.one, 'approve', shown),
        round % 2 === 0 ? phone.decide(world.other, 'deny', shown) : act(world.other, flow, 'cancelAuthentication'),
      ])
      expect(said.filter(({ status }) => status === 200)).toHaveLength(1)
      const isApproved = said[0].status === 200
      const otherwise = round % 2 === 0 ? 'PUSH_CONFIRMATION_REJECTED' : 'CANCELED'
      const [one, other] = await Promise.all([look(world.one, flow), look(world.other, flow)])
      expect(one.body.status).toBe(isApproved ? 'MFA_COMPLETED' : otherwise)
      expect(other.body).toEqual(one.body)
    }
  })
})
