import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { addDevice, describeMfa, mfa, newPhone, newUser } from '../mfa/world.ts'
import { eventually } from '../support/eventually.ts'
import { ask, challengesOf, expectError } from './apiture-world.ts'

/* Seed 003: what a challenge offers, that there is one at a time, and that it is redeemed once. */

describeMfa((world) => {
  afterEach(hangUpAll)
  const dialect = challengesOf(world)
  const { create, created, get, read, of, started, verify, redeem, remove, waiting, native } = dialect
  const { withEmail, withSms, withApp, withPhone } = dialect

  const policyWith = async (words: object) => {
    const body = { name: newUser(), ...words }
    return { id: (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', body)).body.id as string }
  }
  /** A challenge that has been verified by a code. */
  const verified = async (more: object = {}) => {
    const { userId, email } = await withEmail()
    const challenge = await created({ userId, ...more })
    const authenticator = await started(challenge, 'email')
    const done = await verify(challenge, authenticator, { code: world.provider.codeFor(email) })
    expect(done.body).toMatchObject({ state: 'verified' })
    return challenge
  }
  const denied = async (more: object = {}) => {
    const { userId, phone } = await withPhone()
    const challenge = await created({ userId, ...more })
    await started(challenge, 'push')
    const [shown] = await phone.approvals(world.one)
    if (!shown) throw new Error('the phone is asked nothing')
    expect((await phone.decide(world.one, 'deny', shown)).status).toBe(200)
    return challenge
  }
  const expired = async () => {
    const { userId } = await withEmail()
    const challenge = await created({ userId, ttl: 1 })
    await eventually(async () => expect((await read(challenge)).state).toBe('expired'))
    return challenge
  }

  describe('POST /auth/challenges', () => {
    it('answers what there is, once: with what a page needs to wait on it', async () => {
      const { userId, device } = await withSms()
      const reply = await create({ user: { id: userId }, operation: 'transfer 5 €', ttl: 60 })
      expect(reply.status).toBe(201)
      const { _id, createdAt, expiresAt, challenge, waitToken, ...rest } = reply.body
      expect(reply.headers.get('location')).toBe(`/auth/challenges/${_id}`)
      expect(rest).toEqual({
        state: 'pending',
        userId,
        operation: 'transfer 5 €',
        _embedded: {
          authenticators: [
            {
              _id: device.id,
              type: 'sms',
              category: 'otp',
              state: 'pending',
              label: `*** *** ${device.phone?.slice(-4)}`,
              _links: { self: { href: `/auth/challenges/${_id}/authenticators/${device.id}` } },
            },
          ],
        },
        _links: { self: { href: `/auth/challenges/${_id}` } },
      })
      expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(60_000)
      expect(challenge).toBe(_id)
      expect(waitToken).toMatch(/^ey/)
      expect(await read(reply.body)).toEqual({ _id, createdAt, expiresAt, ...rest })
      // Nobody was asked anything.
      expect(world.provider.sentTo(device.phone ?? '')).toEqual([])
      expect((await native(reply.body)).version).toBe(1)
    })

    it('offers one authenticator of each type: the first in the user’s order', async () => {
      const first = await withSms()
      const { userId } = first
      await withEmail(userId)
      const second = await withSms(userId)
      const challenge = await created({ userId })
      expect(challenge._embedded.authenticators.map(({ type }) => type)).toEqual(['sms', 'email'])
      expect(of(challenge, 'sms')._id).toBe(first.device.id)
      const other = await ask(world.one, 'GET', `/auth/challenges/${challenge._id}/authenticators/${second.device.id}`)
      expectError(other, 404, 'authenticatorNotFound')
    })

    it.each([
      ['', ['sms', 'email', 'voice', 'totp', 'push']],
      ['?include=&exclude=', ['sms', 'email', 'voice', 'totp', 'push']],
      ['?exclude=sms,biometric', ['email', 'voice', 'totp', 'push']],
      ['?include=sms,push', ['sms', 'push']],
      ['?include=sms&include=voice', ['sms', 'voice']],
      ['?include=otp', ['sms', 'email', 'voice', 'totp']],
      ['?include=device,%20totp', ['totp', 'push']],
      ['?exclude=otp', ['push']],
      ['?include=otp&exclude=totp,email', ['sms', 'voice']],
      ['?include=sms,email&exclude=sms', ['email']],
    ])('%s', async (query, types) => {
      const { userId } = await withSms()
      await withEmail(userId)
      await addDevice(world.one, userId, { type: 'VOICE', phone: newPhone(), status: 'ACTIVE' })
      await withApp(userId)
      await withPhone(userId)
      const challenge = await created({ userId }, query)
      expect(challenge._embedded.authenticators.map(({ type }) => type)).toEqual(types)
      expect((await read(challenge))._embedded).toEqual(challenge._embedded)
    })

    it('leaves out what the policy does not allow, and says so when nothing is left', async () => {
      const { userId } = await withSms()
      await withEmail(userId)
      const policy = await policyWith({ sms: { enabled: false } })
      const challenge = await created({ userId, policy })
      expect(challenge._embedded.authenticators.map(({ type }) => type)).toEqual(['email'])
      expectError(await create({ userId, policy }, '?include=sms'), 409, 'noAuthenticators')
      // No challenge was opened, and the outstanding one stands.
      expect((await read(challenge)).state).toBe('pending')
    })

    it('shows the phone what the service wants shown', async () => {
      const { userId, phone } = await withPhone()
      const display = { title: 'Transfer', fields: [{ label: 'Amount', value: '5 €' }] }
      await started(await created({ userId, display }), 'push')
      expect(await phone.approvals(world.one)).toMatchObject([{ display }])
    })

    it('a repeat under its Idempotency-Key is the same challenge; another body is refused', async () => {
      const { userId } = await withEmail()
      const headers = { 'Idempotency-Key': randomUUID() }
      const body = { userId, operation: 'one' }
      const first = await create(body, '', world.one, headers)
      const again = await create(body, '', world.other, headers)
      expect(again).toMatchObject({ status: 201, body: { _id: first.body._id, state: 'pending' } })
      const other = await create({ ...body, operation: 'two' }, '', world.one, headers)
      expectError(other, 422, 'idempotencyKeyReused')
      const filtered = await create(body, '?exclude=sms', world.one, headers)
      expectError(filtered, 422, 'idempotencyKeyReused')
    })

    it('of any number at the same moment one is left', { timeout: 60_000 }, async () => {
      for (let round = 0; round < 8; round++) {
        const { userId } = await withEmail()
        const hubs = [world.one, world.other, world.one, world.other]
        const replies = await Promise.all(hubs.map((hub) => create({ userId }, '', hub)))
        expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201])
        const left = await Promise.all(replies.map(({ body }) => native(body)))
        expect(left.map(({ challengeStatus }) => challengeStatus).toSorted()).toEqual([
          'cancelled',
          'cancelled',
          'cancelled',
          'started',
        ])
        const found = await Promise.all(replies.map(({ body }) => get(body)))
        expect(found.map(({ status }) => status).toSorted()).toEqual([200, 404, 404, 404])
      }
    })

    it('deletes the outstanding one however it stands, and its authenticators', async () => {
      const first = await verified()
      await created({ userId: first.userId })
      expectError(await get(first), 404, 'challengeNotFound')
      const gone = `/auth/challenges/${first._id}/authenticators`
      expectError(await ask(world.other, 'GET', gone), 404, 'challengeNotFound')
      expectError(await ask(world.other, 'GET', `${gone}/${of(first, 'email')._id}`), 404, 'challengeNotFound')
      expectError(await redeem(first), 404, 'challengeNotFound')
      expect(await native(first)).toMatchObject({ challengeStatus: 'approved' })
    })
  })

  describe('GET /auth/challenges/{challengeId}', () => {
    it('knows no challenge that was not begun here, and never says why', async () => {
      const { userId } = await withEmail()
      const plain = await mfa(world.one, 'POST', '/v1/challenges', {})
      const own = await mfa(world.one, 'POST', '/v1/deviceAuthentications', { user: { id: userId } })
      const ids = ['unknown', plain.body.challenge, own.body.id, 'x'.repeat(101)]
      const told = await Promise.all(ids.map(async (_id) => expectError(await get({ _id }), 404, 'challengeNotFound')))
      expect(new Set(told.map(({ message }) => message)).size).toBe(1)
      for (const _id of ids) {
        expectError(await redeem({ _id }), 404, 'challengeNotFound')
        expectError(await remove({ _id }), 404, 'challengeNotFound')
      }
      expect((await mfa(world.one, 'GET', `/v1/deviceAuthentications/${own.body.id}`)).body.status).toBe('OTP_REQUIRED')
    })

    it('changes nothing, whatever is looked at', async () => {
      const challenge = await verified()
      const { version } = await native(challenge)
      const authenticators = `/auth/challenges/${challenge._id}/authenticators`
      for (const path of [
        authenticators,
        `${authenticators}/${of(challenge, 'email')._id}`,
        '/auth/authenticatorTypes',
      ])
        expect((await ask(world.one, 'GET', path)).status).toBe(200)
      await read(challenge)
      expect((await native(challenge)).version).toBe(version)
    })

    it('says how it ended: denied is failed', async () => {
      const challenge = await denied()
      const ended = await read(challenge)
      expect(ended.state).toBe('failed')
      expect(of(ended, 'push').state).toBe('failed')
      expect(await native(challenge)).toMatchObject({ challengeStatus: 'denied', isChallengeComplete: true })
    })

    it('a phone that does not answer is expired', { timeout: 30_000 }, async () => {
      const { userId } = await withPhone()
      const policy = await policyWith({ mobile: { push: { lifeTime: { duration: 5, timeUnit: 'SECONDS' } } } })
      const challenge = await created({ userId, policy })
      const { ends } = waiting(challenge)
      await started(challenge, 'push')
      expect(await ends.until(() => true, { within: 15_000 })).toBe('timed_out')
      expect(await read(challenge)).toMatchObject({ state: 'expired' })
    })

    it('and where the policy lets another way be tried, it is pending still', async () => {
      const policy = await policyWith({ mobile: { push: { retryable: true } } })
      const challenge = await denied({ policy })
      const seen = await read(challenge)
      expect(seen.state).toBe('pending')
      expect(of(seen, 'push').state).toBe('failed')
      expect(await started(challenge, 'push')).toMatchObject({ state: 'started' })
    })

    it('its time is up: the page hears it', async () => {
      const { userId } = await withEmail()
      const challenge = await created({ userId, ttl: 1 })
      expect(await waiting(challenge).ends.until(() => true)).toBe('timed_out')
      expect((await read(challenge)).state).toBe('expired')
    })
  })

  describe('DELETE /auth/challenges/{challengeId}', () => {
    it('is the end of it: the page hears it, the phone is not asked any more', async () => {
      const { userId, phone } = await withPhone()
      const challenge = await created({ userId })
      const { ends } = waiting(challenge)
      const push = await started(challenge, 'push')
      const [shown] = await phone.approvals(world.one)
      if (!shown) throw new Error('the phone is asked nothing')
      const reply = await remove(challenge)
      expect([reply.status, reply.text]).toEqual([204, ''])
      expect(await ends.until(() => true)).toBe('cancelled')
      expect((await phone.decide(world.other, 'approve', shown, { number: push.number ?? '' })).status).toBe(409)
      expectError(await get(challenge), 404, 'challengeNotFound')
      expectError(await remove(challenge, world.other), 404, 'challengeNotFound')
      expect((await read(await created({ userId }))).state).toBe('pending')
    })

    it.each([
      ['cancels it', 'POST', '/v1/deviceAuthentications/', {}, 'cancel'],
      [
        'calls it cancelled',
        'PATCH',
        '/v1/challenges/',
        { challengeStatus: 'cancelled', isChallengeComplete: true },
        '',
      ],
    ])('is what it amounts to when a backend %s in the hub’s own words', async (_how, method, path, body, action) => {
      const { userId } = await withEmail()
      const challenge = await created({ userId })
      const query = action && `?action=${action}`
      expect((await mfa(world.one, method, path + challenge._id + query, body)).status).toBe(200)
      expectError(await get(challenge), 404, 'challengeNotFound')
    })

    it('of a verified one leaves nothing to redeem', async () => {
      const challenge = await verified()
      expect((await remove(challenge)).status).toBe(204)
      expectError(await get(challenge), 404, 'challengeNotFound')
      expectError(await redeem(challenge), 404, 'challengeNotFound')
    })
  })

  describe('POST /auth/challenges/{challengeId}/redeem', () => {
    it('is refused while nothing is proven, and when nothing ever will be', async () => {
      const { userId } = await withEmail()
      const pending = await created({ userId })
      expectError(await redeem(pending), 409, 'challengedNotVerified')
      expectError(await redeem(await denied()), 409, 'challengedNotVerified')
      expectError(await redeem(await expired()), 409, 'challengedExpired')
      expect(await native(pending)).toMatchObject({ version: 1 })
    })

    it('for another user or operation is a conflict, and spends nothing', async () => {
      const challenge = await verified({ operation: 'transfer' })
      for (const body of [
        { userId: newUser() },
        { operation: 'close account' },
        { userId: challenge.userId, operation: 'x' },
      ])
        expectError(await redeem(challenge, body), 409, 'redeemChallengeConflict')
      expect((await read(challenge)).state).toBe('verified')
      const nameless = await verified()
      expectError(await redeem(nameless, { operation: 'transfer' }), 409, 'redeemChallengeConflict')
      expect((await redeem(challenge, { userId: challenge.userId, operation: 'transfer' })).status).toBe(200)
      expect((await redeem(nameless, {})).body.state).toBe('redeemed')
    })

    it('a repeat under the same Idempotency-Key of the same caller is told that it is done', async () => {
      const challenge = await verified()
      const headers = { 'Idempotency-Key': randomUUID() }
      expect((await redeem(challenge, {}, world.one, headers)).body).toMatchObject({ state: 'redeemed' })
      expect((await redeem(challenge, {}, world.other, headers)).body).toMatchObject({ state: 'redeemed' })
      expectError(await redeem(challenge, {}, world.other), 409, 'challengedAlreadyRedeemed')
      const another = { 'Idempotency-Key': randomUUID() }
      expectError(await redeem(challenge, {}, world.other, another), 409, 'challengedAlreadyRedeemed')
      const token = world.one.token({ scope: 'mfa:write', sub: 'another-service' })
      const others = await ask(world.one, 'POST', `/auth/challenges/${challenge._id}/redeem`, {}, { token, headers })
      expectError(others, 409, 'challengedAlreadyRedeemed')
    })

    it('of two at the same moment one has it', { timeout: 60_000 }, async () => {
      for (let round = 0; round < 15; round++) {
        const challenge = await verified()
        const replies = await Promise.all([redeem(challenge, {}, world.one), redeem(challenge, {}, world.other)])
        expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409])
        for (const reply of replies.filter(({ status }) => status === 409))
          expectError(reply, 409, 'challengedAlreadyRedeemed')
      }
    })

    it('races with the user’s next challenge: what was redeemed was there', { timeout: 60_000 }, async () => {
      for (let round = 0; round < 10; round++) {
        const challenge = await verified()
        const [redeemed, next] = await Promise.all([
          redeem(challenge, {}, world.one),
          create({ userId: challenge.userId }, '', world.other),
        ])
        expect([200, 404]).toContain(redeemed.status)
        expect((await read(next.body)).state).toBe('pending')
        expectError(await redeem(challenge), 404, 'challengeNotFound')
      }
    })
  })
})
