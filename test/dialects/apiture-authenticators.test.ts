import { TOTP } from 'otpauth'
import { afterEach, describe, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { fidoOf, ORIGIN } from '../mfa/fido-world.ts'
import { describeMfa, devicesOf } from '../mfa/world.ts'
import { ask, challengesOf, expectError, otherThan } from './apiture-world.ts'

/* Seed 003's authenticators: asked, and verified. */

describeMfa((world) => {
  afterEach(hangUpAll)
  const dialect = challengesOf(world)
  const { created, read, of, start, started, verify, native, waiting } = dialect
  const { withEmail, withSms, withApp, withPhone } = dialect
  const { register } = fidoOf(world)

  it('GET /auth/authenticatorTypes names them all', async () => {
    const { status, body } = await ask(world.one, 'GET', '/auth/authenticatorTypes')
    expect(status).toBe(200)
    expect(body.items.map(({ name, category }: { name: string; category: string }) => `${category} ${name}`)).toEqual([
      'otp sms',
      'otp voice',
      'otp email',
      'otp totp',
      'hardware oathToken',
      'hardware yubikey',
      'device push',
      'device securityKey',
      'device biometric',
    ])
    for (const { label } of body.items) expect(label).toMatch(/\S/)
  })

  it('GET …/authenticators[/{authenticatorId}] shows what the challenge shows', async () => {
    const { userId } = await withEmail()
    await withApp(userId)
    const challenge = await created({ userId })
    await started(challenge, 'email')
    const { authenticators } = (await read(challenge))._embedded
    expect(authenticators.map(({ state }) => state)).toEqual(['started', 'pending'])
    const path = `/auth/challenges/${challenge._id}/authenticators`
    expect((await ask(world.one, 'GET', path)).body).toEqual({ items: authenticators })
    for (const each of authenticators) expect((await ask(world.one, 'GET', `${path}/${each._id}`)).body).toEqual(each)
    expectError(await ask(world.one, 'GET', `${path}/unknown`), 404, 'authenticatorNotFound')
  })

  it('labels tell one from another, and no more', async () => {
    const { userId, email } = await withEmail()
    const { phone } = await withSms(userId)
    await withApp(userId)
    await withPhone(userId)
    await register(userId)
    const challenge = await created({ userId })
    const labels = challenge._embedded.authenticators.map(({ type, label }) => [type, label])
    expect(labels).toEqual([
      ['email', expect.stringMatching(/^ad\*{4}@/)],
      ['sms', `*** *** ${phone.slice(-4)}`],
      ['totp', 'Authenticator app'],
      ['push', "Ada's phone"],
      ['biometric', expect.stringMatching(/\w/)],
    ])
    expect(JSON.stringify(challenge)).not.toContain(email)
    expect(JSON.stringify(challenge)).not.toContain(phone)
  })

  describe('start', () => {
    it('once more sends a new code, and the one before is dead', async () => {
      const { userId, phone } = await withSms()
      const challenge = await created({ userId })
      const sms = await started(challenge, 'sms')
      const first = world.provider.codeFor(phone)
      expect(await started(challenge, 'sms', world.one)).toEqual(sms)
      expect(world.provider.sentTo(phone)).toHaveLength(2)
      const second = world.provider.codeFor(phone)
      if (first !== second)
        expectError(await verify(challenge, sms, { code: first }), 422, 'invalidAuthenticatorAttributes')
      expect((await verify(challenge, sms, { code: second })).status).toBe(200)
    })

    it('of another one changes over', async () => {
      const { userId, email } = await withEmail()
      const { phone } = await withSms(userId)
      const challenge = await created({ userId })
      const byEmail = await started(challenge, 'email')
      const code = world.provider.codeFor(email)
      const bySms = await started(challenge, 'sms')
      expectError(await verify(challenge, byEmail, { code }), 409, 'invalidAuthenticatorState')
      const { authenticators } = (await read(challenge))._embedded
      expect(authenticators.map(({ type, state }) => [type, state])).toEqual([
        ['email', 'pending'],
        ['sms', 'started'],
      ])
      expect((await verify(challenge, bySms, { code: world.provider.codeFor(phone) })).status).toBe(200)
    })

    it('of a code app sends nothing, and may be said again', async () => {
      const { userId, code } = await withApp()
      const challenge = await created({ userId })
      const app = await started(challenge, 'totp')
      const { version } = await native(challenge)
      expect(await started(challenge, 'totp')).toEqual(app)
      expect((await native(challenge)).version).toBe(version)
      expect((await verify(challenge, app, { code: code() })).body.state).toBe('verified')
    })

    it('more often than codes may be sent is too often', async () => {
      const { userId } = await withEmail()
      const challenge = await created({ userId })
      let reply = await start(challenge, of(challenge, 'email'))
      for (let sent = 1; reply.status === 200 && sent < 20; sent++)
        reply = await start(challenge, of(challenge, 'email'))
      expectError(reply, 429, 'tooManyRequests')
      expect((await read(challenge)).state).toBe('pending')
    })

    it('of a passkey answers what a page asks it with', async () => {
      const { user, key } = await register()
      const challenge = await created({ userId: user.id })
      const { steps, ends } = waiting(challenge)
      await steps.until(() => true)
      const passkey = await started(challenge, 'biometric')
      expect(passkey).toMatchObject({
        state: 'started',
        publicKeyCredentialRequestOptions: { challenge: expect.any(String), allowCredentials: [expect.any(Object)] },
      })
      expect(await started(challenge, 'biometric')).toEqual(passkey)
      const seen = await ask(world.one, 'GET', `/auth/challenges/${challenge._id}/authenticators/${passkey._id}`)
      expect(seen.body).not.toHaveProperty('publicKeyCredentialRequestOptions')

      const assertion = key.get(JSON.stringify(passkey.publicKeyCredentialRequestOptions))
      const wrong = await verify(challenge, passkey, { assertion, origin: 'https://evil.example' })
      expectError(wrong, 422, 'invalidAuthenticatorAttributes')
      const done = await verify(challenge, passkey, { assertion, origin: ORIGIN })
      expect(done).toMatchObject({ status: 200, body: { state: 'verified' } })
      expect(await ends.until(() => true)).toBe('approved')
      expect(steps.heard).toEqual(['DEVICE_SELECTION_REQUIRED', 'ASSERTION_REQUIRED', 'COMPLETED'])
    })

    it('of one whose challenge is over says how it ended', async () => {
      const { userId, code } = await withApp()
      const challenge = await created({ userId })
      await verify(challenge, of(challenge, 'totp'), { code: code() })
      expectError(await start(challenge, of(challenge, 'totp')), 409, 'authenticatorNotCompletable')
      const proof = { code: code() }
      expectError(await verify(challenge, of(challenge, 'totp'), proof), 409, 'authenticatorNotCompletable')
      const short = await created({ userId, ttl: 1 })
      await waiting(short).ends.until(() => true)
      expectError(await start(short, of(short, 'totp')), 409, 'challengedExpired')
      expectError(await verify(short, of(short, 'totp'), proof), 409, 'challengedExpired')
    })

    it('of one that was removed meanwhile finds none', async () => {
      const { userId, device } = await withEmail()
      await withSms(userId)
      const challenge = await created({ userId })
      await started(challenge, 'email')
      await ask(world.one, 'DELETE', `${devicesOf(userId)}/${device.id}`)
      expectError(await start(challenge, of(challenge, 'email')), 404, 'authenticatorNotFound')
      const proof = { code: '123456' }
      expectError(await verify(challenge, of(challenge, 'email'), proof), 404, 'authenticatorNotFound')
      expect((await started(challenge, 'sms')).state).toBe('started')
    })
  })

  describe('verify', () => {
    it('takes a code of what makes its codes itself without a start', async () => {
      const { userId, code } = await withApp()
      await withEmail(userId)
      const challenge = await created({ userId })
      await started(challenge, 'email')
      const done = await verify(challenge, of(challenge, 'totp'), { code: code() })
      expect(done).toMatchObject({ status: 200, body: { type: 'totp', state: 'verified' } })
      expect((await read(challenge)).state).toBe('verified')
    })

    it('needs a start where something has to be sent or asked, and changes nothing without', async () => {
      const { userId } = await withEmail()
      await withPhone(userId)
      await register(userId)
      const challenge = await created({ userId })
      for (const [type, proof] of [
        ['email', { code: '123456' }],
        ['push', { code: '123456' }],
        ['biometric', { assertion: '{}', origin: ORIGIN }],
        ['biometric', { code: '123456' }],
      ] as const)
        expectError(await verify(challenge, of(challenge, type), proof), 409, 'invalidAuthenticatorState')
      expect((await native(challenge)).version).toBe(1)
    })

    it('takes no code for an assertion, and no assertion for a code', async () => {
      const { userId } = await withEmail()
      await register(userId)
      const challenge = await created({ userId })
      const email = await started(challenge, 'email')
      const assertion = { assertion: '{}', origin: ORIGIN }
      expectError(await verify(challenge, email, assertion), 409, 'invalidAuthenticatorState')
      const passkey = await started(challenge, 'biometric')
      expectError(await verify(challenge, passkey, { code: '123456' }), 409, 'invalidAuthenticatorState')
    })

    it('takes the code of a phone that can not be reached', async () => {
      const { userId, phone } = await withPhone()
      const challenge = await created({ userId })
      const push = await started(challenge, 'push')
      const { secret = '', period = 30 } = phone.paired?.otp ?? {}
      const code = new TOTP({ secret, period }).generate()
      expect((await verify(challenge, push, { code })).body).toMatchObject({ state: 'verified' })
      expect(await phone.approvals(world.one)).toEqual([])
    })

    it('wrong codes are counted, the last one ends it, and no code is right then', async () => {
      const { userId, email } = await withEmail()
      const challenge = await created({ userId })
      const { ends } = waiting(challenge)
      const authenticator = await started(challenge, 'email')
      const code = world.provider.codeFor(email)
      for (const attemptsRemaining of [2, 1, 0]) {
        const wrong = await verify(challenge, authenticator, { code: otherThan(code) })
        expect(expectError(wrong, 422, 'invalidAuthenticatorAttributes').attributes).toEqual({ attemptsRemaining })
      }
      expect(await ends.until(() => true)).toBe('denied')
      expectError(await verify(challenge, authenticator, { code }), 409, 'authenticatorAttemptsExceeded')
      expectError(await start(challenge, authenticator), 409, 'authenticatorAttemptsExceeded')
      expect(await read(challenge)).toMatchObject({ state: 'failed' })
    })

    it('a device that is locked takes no code, and another one may be tried', async () => {
      const { userId, code } = await withApp()
      const { email } = await withEmail(userId)
      const challenge = await created({ userId })
      const app = of(challenge, 'totp')
      for (let tries = 0; tries < 3; tries++)
        expectError(await verify(challenge, app, { code: otherThan(code()) }), 422, 'invalidAuthenticatorAttributes')
      expectError(await verify(challenge, app, { code: code() }), 409, 'authenticatorAttemptsExceeded')
      expect((await read(challenge)).state).toBe('pending')
      const other = await started(challenge, 'email')
      expect((await verify(challenge, other, { code: world.provider.codeFor(email) })).status).toBe(200)
    })

    it('a code that was used is wrong', async () => {
      const { userId, code } = await withApp()
      const first = await created({ userId })
      const used = code()
      expect((await verify(first, of(first, 'totp'), { code: used })).status).toBe(200)
      const second = await created({ userId })
      const again = await verify(second, of(second, 'totp'), { code: used })
      expect(expectError(again, 422, 'invalidAuthenticatorAttributes').attributes?.attemptsRemaining).toBe(2)
    })

    it('two right codes at the same moment verify it once', { timeout: 60_000 }, async () => {
      for (let round = 0; round < 12; round++) {
        const { userId, email } = await withEmail()
        const challenge = await created({ userId })
        const authenticator = await started(challenge, 'email')
        const proof = { code: world.provider.codeFor(email) }
        const replies = await Promise.all(
          [world.one, world.other].map((hub) => verify(challenge, authenticator, proof, hub)),
        )
        expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409])
        for (const reply of replies.filter(({ status }) => status === 409))
          expectError(reply, 409, 'authenticatorNotCompletable')
        // Begun, asked, told that the message has left, and proven.
        expect(await native(challenge)).toMatchObject({ challengeStatus: 'approved', version: 4 })
      }
    })

    it('a phone’s yes and no at the same moment are one answer', { timeout: 60_000 }, async () => {
      for (let round = 0; round < 12; round++) {
        const { userId, phone } = await withPhone()
        const challenge = await created({ userId })
        const { ends } = waiting(challenge)
        const { number = '' } = await started(challenge, 'push')
        const [shown] = await phone.approvals(world.one)
        if (!shown) throw new Error('the phone is asked nothing')
        const replies = await Promise.all([
          phone.decide(world.one, 'approve', shown, { number }),
          phone.decide(world.other, 'deny', shown),
        ])
        expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409])
        const isApproved = replies[0]?.status === 200
        expect(await ends.until(() => true)).toBe(isApproved ? 'approved' : 'denied')
        expect((await read(challenge)).state).toBe(isApproved ? 'verified' : 'failed')
        expect(ends.heard).toHaveLength(1)
      }
    })
  })

  it('nothing secret is in any answer', async () => {
    const { userId, email } = await withEmail()
    const { code: appCode, device } = await withApp(userId)
    const challenge = await created({ userId })
    const answers = [JSON.stringify(challenge)]
    const keep = (reply: { text: string }) => answers.push(reply.text)
    keep(await start(challenge, of(challenge, 'email')))
    const code = world.provider.codeFor(email)
    keep(await verify(challenge, of(challenge, 'email'), { code: otherThan(code) }))
    keep(await ask(world.one, 'GET', `/auth/challenges/${challenge._id}`))
    keep(await verify(challenge, of(challenge, 'email'), { code }))
    keep(await ask(world.one, 'POST', `/auth/challenges/${challenge._id}/redeem`))
    for (const secret of [code, appCode(), device.secret ?? '?', email, 'digest', 'salt'])
      expect(answers.join('\n')).not.toContain(secret)
    expect(answers.slice(1).join('\n')).not.toContain('waitToken')
  })
})
