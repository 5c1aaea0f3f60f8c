import { afterEach, describe, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { describeMfa, devicesOf, mfa, newEmail, newUser } from '../mfa/world.ts'
import { call } from '../support/http-client.ts'
import { Connection, connected, expectRefused, questionOf, withDevices } from './quovo-world.ts'

/* Seed 004: "Sending Users a PIN Code", call by call, with a page that waits. */

const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const wrong = (right: string) => String((Number(right) + 1) % 1_000_000).padStart(6, '0')

describeMfa((world) => {
  afterEach(hangUpAll)

  const begun = async (binding?: object) => {
    const all = await connected(world, binding)
    return { ...all, ...(await all.connection.begin()) }
  }
  /** With a PIN under way, to the first number as a text message. */
  const sent = async (binding?: object) => {
    const all = await begun(binding)
    const { body } = await all.connection.answer(all.question.id, 1, world.other)
    return { ...all, pin: questionOf(body), code: world.provider.codeFor(all.first) }
  }

  describe('the walk-through', () => {
    it('asks where, sends the PIN there, takes it, and the page hears each step', async () => {
      const { connection, question, challenge, page, first, second, email } = await begun()
      await page.step('DEVICE_SELECTION_REQUIRED')
      expect(await connection.get()).toEqual({
        connection_id: connection.number,
        status: 'challenges',
        challenges: [question],
      })
      const version = await connection.version(challenge)

      const answered = await connection.answer(question.id, 1)
      expect(answered.status).toBe(200)
      expect(world.provider.sentTo(first)).toMatchObject([{ method: 'SMS' }])
      for (const other of [second, email]) expect(world.provider.sentTo(other)).toEqual([])
      await page.step('OTP_REQUIRED')
      await page.notified()
      const pin = questionOf(await connection.get())
      expect(questionOf(answered.body)).toEqual(pin)
      expect(pin).toMatchObject({ type: 'question', should_answer: true })
      expect(pin.id).not.toBe(question.id)

      const done = await connection.answer(pin.id, world.provider.codeFor(first), world.other)
      expect([done.status, done.body]).toEqual([200, { connection_id: connection.number, status: 'good' }])
      expect(await page.end()).toBe('approved')
      expect(await connection.get()).toEqual(done.body)
      const heard = page.versions()
      expect(heard).toEqual([1, 2, 3, 4].slice(4 - heard.length))
      expect(version).toBe(1)
    })

    it('has the shapes of the seed, key by key', async () => {
      const { connection, question, first, second, email } = await begun()
      const { choices = [], ...rest } = question
      expect(rest).toEqual({
        connection_id: connection.number,
        expires: null,
        id: question.id,
        question: 'Where should we send your pin?',
        should_answer: true,
        // In the seed's body it is `question`, although the prose says choices.
        type: 'choices',
      })
      const xxx = (phone: string) => `xxx-xxx-${phone.slice(-4)}`
      expect(choices).toEqual([
        { category: 'Voice', key: 0, value: xxx(first) },
        { category: 'Text', key: 1, value: xxx(first) },
        { category: 'Voice', key: 2, value: xxx(second) },
        { category: 'Text', key: 3, value: xxx(second) },
        { category: 'Email', key: 4, value: `${email.slice(0, 2)}****@example.com` },
      ])
      expect(Number.isSafeInteger(question.id)).toBe(true)
      const { body } = await connection.answer(question.id, 3)
      expect(questionOf(body)).toEqual({
        connection_id: connection.number,
        expires: expect.stringMatching(SECOND),
        id: question.id + 1,
        question: 'Enter your pin:',
        should_answer: true,
        type: 'question',
      })
    })

    it.each([
      [0, 'VOICE'],
      ['1', 'SMS'],
      [4, 'EMAIL'],
    ])('takes the key %j, as a number or as text, for %s', async (key, method) => {
      const { connection, question, first, email } = await begun()
      const to = method === 'EMAIL' ? email : first
      const { body } = await connection.answer(question.id, key)
      expect(world.provider.sentTo(to)).toMatchObject([{ method }])
      const done = await connection.answer(questionOf(body).id, world.provider.codeFor(to))
      expect(done.body.status).toBe('good')
    })

    it('takes a PIN as a number, too', async () => {
      const { connection, pin, code } = await sent()
      // A number says nothing of zeros before it.
      const { body } = await connection.answer(pin.id, code.startsWith('0') ? code : Number(code))
      expect(body.status).toBe('good')
    })

    it('asks which even where there is but one', async () => {
      const connection = new Connection(world)
      const email = newEmail()
      await mfa(world.one, 'POST', devicesOf(connection.user), { type: 'EMAIL', email, status: 'ACTIVE' })
      await connection.bind()
      const { question } = await connection.begin()
      expect(question.choices).toHaveLength(1)
      expect(world.provider.sentTo(email)).toEqual([])
    })
  })

  describe('a PIN', () => {
    it('expires with the code, and never sooner than it says', async () => {
      const { connection, challenge, pin, page } = await sent()
      const { expiresDate } = await page.step('OTP_REQUIRED')
      const expires = Date.parse(pin.expires ?? '')
      expect(expiresDate - expires).toBeGreaterThanOrEqual(0)
      expect(expiresDate - expires).toBeLessThan(1_000)
      // Until then it was a day's; a code lives for half an hour.
      expect(Math.abs(expiresDate - Date.now() - 30 * 60_000)).toBeLessThan(60_000)
      expect(questionOf(await connection.get()).expires).toBe(pin.expires)
      expect(challenge).toMatch(/^[\w-]{43}$/)
    })

    it('that is wrong is asked for again, until it was wrong too often: then it is over', async () => {
      const { connection, pin, page, code } = await sent()
      for (let tries = 0; tries < 2; tries++) {
        const again = await connection.answer(pin.id, wrong(code))
        expect([again.status, again.body.status]).toEqual([200, 'challenges'])
        expect(questionOf(again.body)).toEqual(pin)
      }
      const last = await connection.answer(pin.id, wrong(code))
      expect(last.body).toEqual({ connection_id: connection.number, status: 'incorrect_credentials' })
      expect(await page.end()).toBe('denied')
      expectRefused(await connection.answer(pin.id, code), 409, 'answers[0].challenge_id')
      expect((await connection.get()).status).toBe('incorrect_credentials')
      const next = await connection.begin()
      expect(next.question.id).toBeGreaterThan(pin.id)
    })

    it('that is not told in time is too late: resync, by itself, and a sync begins anew', async () => {
      const { connection, question, pin, page, challenge, code } = await sent({ challengeTimeout: 3 })
      expect(await page.end()).toBe('timed_out')
      expect(await connection.get()).toEqual({ connection_id: connection.number, status: 'resync' })
      expectRefused(await connection.answer(pin.id, code), 409, 'answers[0].challenge_id')
      const next = await connection.begin()
      expect(next.challenge).not.toBe(challenge)
      expect(next.question.id).toBeGreaterThan(pin.id)
      for (const old of [question, pin]) {
        expectRefused(await connection.answer(old.id, 1), 409, 'answers[0].challenge_id')
      }
    })

    it('that reaches nobody is not waited for: resync', async () => {
      const { connection, question, page } = await begun()
      world.provider.failsWith = 500
      const { body } = await connection.answer(question.id, 1)
      world.provider.failsWith = undefined
      expect(body).toEqual({ connection_id: connection.number, status: 'resync' })
      expect(await page.end()).toBe('cancelled')
      expect((await connection.begin()).question.choices).toHaveLength(5)
    })

    it('is resync, too, when a backend cancels it', async () => {
      const { connection, challenge, page } = await sent()
      const body = { challengeStatus: 'cancelled', isChallengeComplete: true }
      await call(world.other, 'PATCH', `/v1/challenges/${challenge}`, { token: world.other.backend(), body })
      expect(await page.end()).toBe('cancelled')
      expect((await connection.get()).status).toBe('resync')
    })
  })

  describe('a sync', () => {
    it('that was begun is answered as it stands, at every stage, with a token for the page', async () => {
      const { connection, sync, challenge, question } = await begun()
      for (const body of [undefined, {}]) {
        const again = await connection.post(body, world.other)
        expect(again.body).toEqual({ ...sync, waitToken: expect.any(String) })
      }
      await connection.answer(question.id, 1)
      const stands = await connection.get()
      const { body } = await connection.post({}, world.other)
      expect(body).toEqual({ ...stands, challenge, waitToken: expect.any(String) })
    })

    it('is resync where nothing was begun, and user_config where nobody could be asked', async () => {
      const connection = new Connection(world)
      await connection.bind()
      const config = { connection_id: connection.number, status: 'user_config' }
      expect(await connection.get()).toEqual(config)
      const refused = await connection.post()
      expect([refused.status, refused.body]).toEqual([200, config])
      await withDevices(world, connection)
      expect(await connection.get()).toEqual({ connection_id: connection.number, status: 'resync' })
      await mfa(world.one, 'PUT', `/v1/users/${encodeURIComponent(connection.user)}/mfaEnabled`, { mfaEnabled: false })
      expect(await connection.get()).toEqual(config)
    })

    it('changes nothing when it is read', async () => {
      const { connection, challenge, pin } = await sent()
      const version = await connection.version(challenge)
      for (const hub of [world.one, world.other]) expect(questionOf(await connection.get(hub))).toEqual(pin)
      expect(await connection.version(challenge)).toBe(version)
    })

    it('tells no secret, and no more of an address than it takes to know it', async () => {
      const { connection, sync, code, first, second, email } = await sent()
      const told = JSON.stringify([sync, await connection.get()])
      const inside = ['digest', 'salt', 'offered', 'kept', connection.user]
      for (const secret of [code, first, second, email, ...inside]) expect(told).not.toContain(secret)
    })
  })

  describe('a binding', () => {
    it('is the same when it is said again, and leaves what runs', async () => {
      const { connection, sync } = await begun()
      const bound = { connection_id: connection.number, user: { id: connection.user }, mode: 'pin' }
      const again = await connection.bind({ mode: 'pin' }, world.other)
      expect([again.status, again.body]).toEqual([200, { ...bound, challengeTimeout: 86_400 }])
      expect((await connection.get()).challenges).toEqual(sync.challenges)
    })

    it('to somebody else cancels what runs: its page is told, its numbers are over', async () => {
      const { connection, question, page } = await begun()
      const user = { id: newUser() }
      expect((await connection.bind({ user }, world.other)).body).toMatchObject({ user })
      expect(await page.end()).toBe('cancelled')
      expect((await connection.get()).status).toBe('user_config')
      expectRefused(await connection.answer(question.id, 1), 409, 'answers[0].challenge_id')
    })

    it.each([1, Number.MAX_SAFE_INTEGER])('is of any whole number: %i', async (number) => {
      const path = `/v3/connections/${number}`
      const bound = await mfa(world.one, 'PUT', path, { user: { id: newUser() } })
      expect([bound.status, bound.body.connection_id]).toEqual([200, number])
      const { body } = await mfa(world.other, 'GET', `${path}/sync`)
      expect(body).toEqual({ connection_id: number, status: 'user_config' })
    })
  })
})
