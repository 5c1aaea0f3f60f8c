import { afterEach, describe, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { describeMfa, newUser } from '../mfa/world.ts'
import { challengesOf, expectError, otherThan } from './apiture-world.ts'

/* Seed 003: a challenge from its creation to its redemption, with a page that waits on the other instance. */

describeMfa((world) => {
  afterEach(hangUpAll)
  const {
    created,
    create,
    read,
    get,
    of,
    started,
    verify,
    redeem,
    waiting,
    native,
    withEmail,
    withSms,
    withApp,
    withPhone,
  } = challengesOf(world)

  describe('walk-through', () => {
    it('a phone approves, the page moves at once, and the service redeems once', async () => {
      const { userId } = await withEmail()
      await withSms(userId)
      await withApp(userId)
      const { phone } = await withPhone(userId)
      const challenge = await created({ userId, operation: 'transfer' }, '?exclude=sms,biometric')
      expect(challenge._embedded.authenticators.map(({ type, state }) => [type, state])).toEqual([
        ['email', 'pending'],
        ['totp', 'pending'],
        ['push', 'pending'],
      ])
      const { steps, ends } = waiting(challenge)
      await steps.until((status) => status === 'DEVICE_SELECTION_REQUIRED')

      const push = await started(challenge, 'push')
      expect(push).toMatchObject({ type: 'push', state: 'started', number: expect.stringMatching(/^\d\d$/) })
      expect((await read(challenge)).state).toBe('pending')
      const [shown] = await phone.approvals(world.one)
      if (!shown) throw new Error('the phone is asked nothing')
      const decided = await phone.decide(world.one, 'approve', shown, { number: push.number ?? '' })
      expect(decided.status).toBe(200)
      expect(await ends.until(() => true)).toBe('approved')
      expect(steps.heard).toEqual(['DEVICE_SELECTION_REQUIRED', 'PUSH_CONFIRMATION_REQUIRED', 'COMPLETED'])
      const verified = await read(challenge)
      expect(verified.state).toBe('verified')
      expect(of(verified, 'push').state).toBe('verified')

      expect(await redeem(challenge, { userId, operation: 'transfer' })).toMatchObject({
        status: 200,
        body: { _id: challenge._id, state: 'redeemed' },
      })
      expect((await read(challenge)).state).toBe('redeemed')
      expectError(await redeem(challenge), 409, 'challengedAlreadyRedeemed')
    })

    it('a second challenge of the user in between: the first is gone, its page hears it', async () => {
      const { userId } = await withEmail()
      const first = await created({ userId })
      const { ends } = waiting(first)
      const second = await created({ userId })
      expect(await ends.until(() => true)).toBe('cancelled')
      expectError(await get(first), 404, 'challengeNotFound')
      expect(await native(first)).toMatchObject({ challengeStatus: 'cancelled', isChallengeComplete: true })
      expect((await read(second)).state).toBe('pending')
    })

    it('a code by e-mail: wrong, then right', async () => {
      const { userId, email } = await withEmail()
      const challenge = await created({ userId })
      const { steps } = waiting(challenge)
      await steps.until((status) => status === 'DEVICE_SELECTION_REQUIRED')
      const authenticator = await started(challenge, 'email')
      expect(authenticator).toMatchObject({ state: 'started', label: expect.stringMatching(/^ad\*{4}@example\.com$/) })
      const code = world.provider.codeFor(email)
      const wrong = await verify(challenge, authenticator, { code: otherThan(code) })
      expect(expectError(wrong, 422, 'invalidAuthenticatorAttributes').attributes).toEqual({ attemptsRemaining: 2 })
      expect(await verify(challenge, authenticator, { code })).toMatchObject({
        status: 200,
        body: { state: 'verified' },
      })
      await steps.until((status) => status === 'COMPLETED')
      expect(steps.heard).toEqual(['DEVICE_SELECTION_REQUIRED', 'OTP_REQUIRED', 'COMPLETED'])
    })
  })

  describe('POST /auth/challenges', () => {
    it('finds nothing: no challenge, and no outstanding one is deleted', async () => {
      const { userId } = await withEmail()
      const first = await created({ userId })
      expectError(await create({ userId }, '?include=email&exclude=email'), 409, 'noAuthenticators')
      expectError(await create({ userId: newUser() }), 409, 'noAuthenticators')
      expect((await read(first)).state).toBe('pending')
    })
  })
})
