import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AuthenticationView } from '../../server/protocol/mfa.ts'
import { Phone } from '../support/phone.ts'
import { SoftAuthenticator } from '../support/soft-authenticator.ts'
import { asked, fidoOf, ORIGIN, STICK } from './fido-world.ts'
import { addDevice, describeMfa, devicesOf, expectRefusal, mfa, newEmail, newUser } from './world.ts'

/* Seed 001: Create Device Authentication, Device Selection and FIDO Assertion, for people with FIDO devices. */

describeMfa((world) => {
  const { register, begin, begun, does, check, read, readDevice, policyWith } = fidoOf(world)
  const optionsOf = (authentication: AuthenticationView) => authentication.publicKeyCredentialRequestOptions
  const refused = ['REQUEST_FAILED', ['INVALID_ASSERTION', 'assertion']] as const

  describe('An authentication with a FIDO device', () => {
    it('asks for an assertion, and is complete with it', async () => {
      const { user, device, key } = await register()
      const authentication = await begun({ user })
      expect(authentication).toMatchObject({
        status: 'ASSERTION_REQUIRED',
        user,
        selectedDevice: { id: device.id },
        authenticators: [],
        _embedded: {
          devices: [{ id: device.id, displayName: 'Passkey' }],
          challenge: { challengeStatus: 'started', authentication: { status: 'ASSERTION_REQUIRED' } },
        },
      })
      const actions = ['self', 'challenge', 'assertion.check', 'device.select', 'cancel']
      expect(Object.keys(authentication._links)).toEqual(actions)
      const options = asked(authentication)
      expect(options).toMatchObject({
        rpId: 'login.example.com',
        userVerification: 'preferred',
        allowCredentials: [{ id: key.id, type: 'public-key', transports: ['internal'] }],
      })
      expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32)
      expect(options.timeout).toBeGreaterThan(290_000)

      const { status, body } = await check(authentication, key.get(optionsOf(authentication)))
      expect(status).toBe(200)
      expect(body).toMatchObject({
        status: 'COMPLETED',
        authenticators: ['hwk', 'user', 'mfa'],
        selectedDevice: { id: device.id },
        _embedded: { challenge: { challengeStatus: 'approved', isChallengeComplete: true } },
      })
      expect(body).not.toHaveProperty('publicKeyCredentialRequestOptions')
      expect(Object.keys(body._links)).toEqual(['self', 'challenge'])
    })

    it('tells the waiting page the step and the device, and nothing of what is signed', async () => {
      const { user } = await register(newUser(), { nickname: 'My laptop' })
      const authentication = await begun({ user })
      const { challenge } = authentication._embedded
      expect(challenge.authentication).toEqual({
        status: 'ASSERTION_REQUIRED',
        device: { type: 'FIDO2', name: 'My laptop' },
      })
      const token = challenge.waitToken ?? ''
      const page = await mfa(world.other, 'GET', `/v1/challenges/${authentication.id}`, undefined, { token })
      expect(page.status).toBe(200)
      expect(page.body.authentication).toEqual(challenge.authentication)
      expect(page.text).not.toContain(asked(authentication).challenge)
    })

    it('says of a key that is on several machines that it is one', async () => {
      const { user, key } = await register(newUser(), {}, { isSynced: true })
      const authentication = await begun({ user })
      const { body } = await check(authentication, key.get(optionsOf(authentication)))
      expect(body.authenticators).toEqual(['swk', 'user', 'mfa'])
    })

    it('takes authenticators that do not count, time after time', async () => {
      const { user, key } = await register(newUser(), {}, { counter: 0 })
      for (let round = 0; round < 3; round++) {
        const authentication = await begun({ user })
        expect((await check(authentication, key.get(optionsOf(authentication)))).status).toBe(200)
      }
    })

    it('takes one that says nothing of its user', async () => {
      const { user, key } = await register()
      const authentication = await begun({ user })
      const assertion = key.get(optionsOf(authentication), { userHandle: undefined })
      expect((await check(authentication, assertion)).status).toBe(200)
    })

    it('verifies the user where the policy says so', async () => {
      const policy = { id: await policyWith({ fido2: { userVerification: 'required' } }) }
      const { user, key } = await register()
      const authentication = await begun({ user, policy })
      expect(asked(authentication).userVerification).toBe('required')
      const unverified = key.get(optionsOf(authentication), { isVerified: false })
      expectRefusal(await check(authentication, unverified), ...refused)
      expect((await check(authentication, key.get(optionsOf(authentication)))).status).toBe(200)
      const lenient = await begun({ user })
      expect((await check(lenient, key.get(optionsOf(lenient), { isVerified: false }))).status).toBe(200)
    })

    it('takes any of the user’s where nobody asked for one, and the one alone that was asked for', async () => {
      const { user, device: laptop, key: built } = await register()
      const { device: stick, key: carried } = await register(user.id, { type: 'SECURITY_KEY' }, STICK)
      await register(user.id, { rp: { id: 'shop.example' } }, { origin: 'https://shop.example' })
      const any = await begun({ user })
      expect(any.selectedDevice).toEqual({ id: laptop.id })
      expect(asked(any).allowCredentials.map(({ id }) => id)).toEqual([built.id, carried.id])
      const { body } = await check(any, carried.get(optionsOf(any)))
      expect(body).toMatchObject({
        status: 'COMPLETED',
        selectedDevice: { id: stick.id },
        _embedded: { challenge: { authentication: { device: { type: 'SECURITY_KEY' } } } },
      })

      const one = await begun({ user, selectedDevice: { id: laptop.id } })
      expect(asked(one).allowCredentials.map(({ id }) => id)).toEqual([built.id])
      expectRefusal(await check(one, carried.get(optionsOf(one))), ...refused)
      const { body: other } = await does(one, 'device.select', { device: { id: stick.id } })
      expect(asked(other).allowCredentials.map(({ id }) => id)).toEqual([carried.id])
      expectRefusal(await check(other, built.get(optionsOf(other))), ...refused)
      expect((await check(other, carried.get(optionsOf(other)))).status).toBe(200)
    })

    it('goes from a code to an assertion and back', async () => {
      const { user, device, key } = await register()
      const email = newEmail()
      const mail = await addDevice(world.one, user.id, { type: 'EMAIL', email, status: 'ACTIVE' })
      const authentication = await begun({ user })
      expectRefusal(await does(authentication, 'otp.check', { otp: '123456' }), 'INVALID_REQUEST', [
        'INVALID_ACTION',
        'action',
      ])
      const stale = key.get(optionsOf(authentication))
      const { body: byMail } = await does(authentication, 'device.select', { device: { id: mail.id } })
      expect(byMail.status).toBe('OTP_REQUIRED')
      expect(byMail).not.toHaveProperty('publicKeyCredentialRequestOptions')
      expectRefusal(await check(authentication, stale), 'INVALID_REQUEST', ['INVALID_ACTION', 'action'])
      const { body: back } = await does(authentication, 'device.select', { device: { id: device.id } })
      expect(asked(back).challenge).not.toBe(asked(authentication).challenge)
      expectRefusal(await check(back, stale), ...refused)
      expect((await check(back, key.get(optionsOf(back)))).status).toBe(200)
    })

    it('goes from a phone to an assertion and back: who is not asked any more proves nothing', async () => {
      const { user, device, key } = await register()
      const pairing = await mfa(world.one, 'POST', `/v1/users/${encodeURIComponent(user.id)}/pairingKeys`, {})
      const phone = new Phone()
      await phone.claim(world.one, pairing.body.code)
      const policy = { id: await policyWith({ mobile: { push: { numberMatching: 'OFF' } } }) }
      const authentication = await begun({ user, policy, selectedDevice: { id: phone.id } })
      const [shown] = await phone.approvals(world.other)
      if (!shown) throw new Error('the phone is not asked')
      const { body: signing } = await does(authentication, 'device.select', { device: { id: device.id } })
      expect(signing.status).toBe('ASSERTION_REQUIRED')
      expect(await phone.approvals(world.one)).toEqual([])
      expect((await phone.decide(world.one, 'approve', shown)).status).toBe(404)
      const stale = key.get(optionsOf(signing))
      const { body: pushing } = await does(authentication, 'device.select', { device: { id: phone.id } })
      expect(pushing).not.toHaveProperty('publicKeyCredentialRequestOptions')
      expectRefusal(await check(pushing, stale), 'INVALID_REQUEST', ['INVALID_ACTION', 'action'])
      const { body: back } = await does(authentication, 'device.select', { device: { id: device.id } })
      expect((await check(back, key.get(optionsOf(back)))).body).toMatchObject({
        status: 'COMPLETED',
        authenticators: ['hwk', 'user', 'mfa'],
      })
    })

    it('leads back to the choice, and asks nothing meanwhile', async () => {
      const { user, key } = await register()
      const authentication = await begun({ user, retryable: true })
      const { body } = await does(authentication, 'cancel', { reason: 'CHANGE_DEVICE' })
      expect(body.status).toBe('DEVICE_SELECTION_REQUIRED')
      const late = await check(authentication, key.get(optionsOf(authentication)))
      expectRefusal(late, 'INVALID_REQUEST', ['INVALID_ACTION', 'action'])
    })

    it.each([
      [{ include: ['FIDO'] }, 'ASSERTION_REQUIRED'],
      [{ exclude: ['fido'] }, 'OTP_REQUIRED'],
      [{ exclude: ['FIDO2', 'EMAIL'] }, undefined],
    ])('knows them as a category: %j', async (words, status) => {
      const { user } = await register()
      await addDevice(world.one, user.id, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      const reply = await begin({ user, ...words })
      if (status) expect(reply.body.status).toBe(status)
      else expectRefusal(reply, 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
    })

    it('refuses a code in hand for it', async () => {
      const { user, device } = await register()
      const named = await begin({ user, otp: '123456', selectedDevice: { id: device.id } })
      expectRefusal(named, 'INVALID_DATA', ['INVALID_VALUE', 'otp'])
      expectRefusal(await begin({ user, otp: '123456' }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
    })
  })

  describe('FIDO Assertion refuses, and goes on', () => {
    const other = { id: randomBytes(32).toString('base64url') }
    it.each([
      ['another challenge', { challenge: randomBytes(32).toString('base64url') }],
      ['another relying party', { rpId: 'shop.example' }],
      ['what was made for a registration', { type: 'webauthn.create' }],
      ['nobody there', { isPresent: false }],
      ['another user', { userHandle: randomBytes(32).toString('base64url') }],
      ['a credential that nobody has', other],
    ])('%s', async (_what, behaviour) => {
      const { user, key, device } = await register()
      const authentication = await begun({ user })
      expectRefusal(await check(authentication, key.get(optionsOf(authentication), behaviour)), ...refused)
      expect((await read(authentication)).status).toBe('ASSERTION_REQUIRED')
      expect(await readDevice(device)).toEqual(device)
      expect((await check(authentication, key.get(optionsOf(authentication)))).status).toBe(200)
    })

    it('a signature of another key', async () => {
      const { user, key } = await register()
      const authentication = await begun({ user })
      const forged = new SoftAuthenticator({ id: key.id })
      const userHandle = JSON.parse(key.get(optionsOf(authentication))).response.userHandle
      expectRefusal(await check(authentication, forged.get(optionsOf(authentication), { userHandle })), ...refused)
      expect((await check(authentication, key.get(optionsOf(authentication)))).status).toBe(200)
    })

    it('somebody else’s device', async () => {
      const [{ user }, stranger] = await Promise.all([register(), register()])
      const authentication = await begun({ user })
      expectRefusal(await check(authentication, stranger.key.get(optionsOf(authentication))), ...refused)
    })

    it.each([
      ['https://evil.example', 'https://evil.example'],
      ['https://shop.example', 'https://shop.example'],
      [ORIGIN, 'https://evil.example'],
      ['https://example.com', ORIGIN],
      ['', ORIGIN],
    ])('the origin "%s" of an answer made at %s', async (origin, madeAt) => {
      const { user, key } = await register()
      const authentication = await begun({ user })
      const reply = await check(authentication, key.get(optionsOf(authentication), { origin: madeAt }), { origin })
      if (origin === '') expectRefusal(reply, 'INVALID_DATA', ['EMPTY_VALUE', 'origin'])
      else expectRefusal(reply, 'REQUEST_FAILED', ['INVALID_ORIGIN', 'origin'])
      expect((await read(authentication)).status).toBe('ASSERTION_REQUIRED')
    })

    it('an answer from within a frame of another page', async () => {
      const { user, key } = await register()
      const authentication = await begun({ user })
      const reply = await check(authentication, key.get(optionsOf(authentication), { crossOrigin: true }))
      expectRefusal(reply, 'REQUEST_FAILED', ['INVALID_ORIGIN', 'origin'])
    })

    it('what no authenticator says', async () => {
      const { user, key } = await register()
      const authentication = await begun({ user })
      const right = JSON.parse(key.get(optionsOf(authentication)))
      const broken = ['x', '{}', '[]', 'null', '"{}"', JSON.stringify({ ...right, type: 'password' })]
      for (const field of ['authenticatorData', 'signature'] as const) {
        for (const value of ['', '!', 'AAAA', right.response[field].slice(4), 7]) {
          broken.push(JSON.stringify({ ...right, response: { ...right.response, [field]: value } }))
        }
      }
      broken.push(JSON.stringify({ ...right, rawId: 'AAAA' }))
      for (const assertion of broken) expectRefusal(await check(authentication, assertion), ...refused)
      expectRefusal(
        await does(authentication, 'assertion.check', {}),
        'INVALID_DATA',
        ['REQUIRED_VALUE', 'assertion'],
        ['REQUIRED_VALUE', 'origin'],
      )
      expect((await read(authentication)).status).toBe('ASSERTION_REQUIRED')
      expect((await check(authentication, JSON.stringify(right))).status).toBe(200)
    })

    it('a counter that stands still or goes back: the authenticator has a double', async () => {
      const { user, key } = await register()
      const first = await begun({ user })
      expect((await check(first, key.get(optionsOf(first), { counter: 7 }))).status).toBe(200)
      const second = await begun({ user })
      for (const counter of [7, 6, 0]) {
        expectRefusal(await check(second, key.get(optionsOf(second), { counter })), ...refused)
      }
      expect((await read(second)).status).toBe('ASSERTION_REQUIRED')
      expect((await check(second, key.get(optionsOf(second), { counter: 8 }))).status).toBe(200)
    })

    it('the same answer again, in this authentication and in any other', async () => {
      const { user, key } = await register(newUser(), {}, { counter: 0 })
      const first = await begun({ user })
      const assertion = key.get(optionsOf(first))
      expect((await check(first, assertion)).status).toBe(200)
      expectRefusal(await check(first, assertion), 'CONFLICT', ['AUTHENTICATION_COMPLETE'])
      const second = await begun({ user })
      expectRefusal(await check(second, assertion), ...refused)
    })

    it('an answer of a device that has been deleted meanwhile, or that the policy allows no more', async () => {
      const { user, device, key } = await register()
      const policy = await policyWith({})
      const [first, second] = [await begun({ user }), await begun({ user, policy: { id: policy } })]
      await mfa(world.one, 'PUT', `/v1/deviceAuthenticationPolicies/${policy}`, {
        name: newUser(),
        fido2: { enabled: false },
      })
      const reply = await check(second, key.get(optionsOf(second)))
      expectRefusal(reply, 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'assertion'])
      await mfa(world.one, 'DELETE', `${devicesOf(user.id)}/${device.id}`)
      expectRefusal(await check(first, key.get(optionsOf(first))), ...refused)
      expect((await read(first)).status).toBe('ASSERTION_REQUIRED')
    })

    it('all but one of the same answer, raced over the instances', async () => {
      for (const counter of [undefined, 0]) {
        const { user, key } = await register(newUser(), {}, { counter })
        const authentication = await begun({ user })
        const assertion = key.get(optionsOf(authentication))
        const replies = await Promise.all(
          Array.from({ length: 8 }, (_, at) => check(authentication, assertion, {}, at % 2 ? world.one : world.other)),
        )
        expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
        for (const reply of replies.filter(({ status }) => status !== 200)) {
          expectRefusal(reply, 'CONFLICT', ['AUTHENTICATION_COMPLETE'])
        }
      }
    })

    it('all but one of two answers that count the same, given for two authentications at once', async () => {
      for (let round = 0; round < 4; round++) {
        const { user, key } = await register()
        const two = [await begun({ user }), await begun({ user })]
        const replies = await Promise.all(
          two.map((each, at) => {
            const assertion = key.get(optionsOf(each), { counter: 5 })
            return check(each, assertion, {}, at ? world.one : world.other)
          }),
        )
        expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 400])
      }
    })
  })

  describe('What a browser can do', () => {
    const both = async () => {
      const { user, device: built } = await register()
      const { device: stick } = await register(user.id, {}, STICK)
      return { user, built, stick }
    }

    it.each([
      [{ fidoCompatibility: 'SECURITY_KEY_ONLY' }, ['stick']],
      [{ compatibility: 'security_key_only', fidoCompatibility: 'FULL' }, ['stick']],
      [{ compatibility: 'FULL', fidoCompatibility: 'FULL' }, ['built', 'stick']],
      [{}, ['built', 'stick']],
      [{ compatibility: 'SECURITY_KEY_ONLY', fidoCompatibility: 'NONE' }, []],
      [{ compatibility: 'NONE' }, []],
    ])('is the narrower of %j', async (words, names) => {
      const { user, ...devices } = await both()
      const reply = await begin({ user, ...words })
      if (names.length === 0) {
        expectRefusal(reply, 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
        return
      }
      const ids = names.map((name) => devices[name as 'built' | 'stick'].id)
      expect(reply.body._embedded.devices.map(({ id }) => id)).toEqual(ids)
      expect(asked(reply.body).allowCredentials).toHaveLength(names.length)
    })

    it('says nothing of devices that are not FIDO', async () => {
      const { user } = await register()
      await addDevice(world.one, user.id, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      expect((await begun({ user, compatibility: 'NONE' })).status).toBe('OTP_REQUIRED')
    })

    it('counts for Device Selection, and from then on', async () => {
      const { user, built, stick } = await both()
      const authentication = await begun({ user })
      const select = (id: string, compatibility: string) =>
        does(authentication, 'device.select', { device: { id }, compatibility })
      expectRefusal(await select(built.id, 'SECURITY_KEY_ONLY'), 'INVALID_DATA', ['INVALID_VALUE', 'device.id'])
      expectRefusal(await select(built.id, 'SOME'), 'INVALID_DATA', ['INVALID_VALUE', 'compatibility'])
      const { body } = await select(stick.id, 'SECURITY_KEY_ONLY')
      expect(body._embedded.devices.map(({ id }) => id)).toEqual([stick.id])
      expectRefusal(await select(built.id, 'FULL'), 'INVALID_DATA', ['INVALID_VALUE', 'device.id'])
    })

    it('counts for FIDO Assertion', async () => {
      const { user, key } = await register()
      const authentication = await begun({ user })
      const assertion = key.get(optionsOf(authentication))
      for (const compatibility of ['SECURITY_KEY_ONLY', 'NONE']) {
        const reply = await check(authentication, assertion, { compatibility })
        expectRefusal(reply, 'INVALID_DATA', ['INVALID_VALUE', 'compatibility'])
      }
      expect((await check(authentication, assertion, { compatibility: 'FULL' })).status).toBe(200)
    })
  })

  describe('The relying party of an authentication', () => {
    it('is the device’s own, unless another one is asked for, which the others are no devices of', async () => {
      const { user } = await register()
      const at = { origin: 'https://shop.example' }
      const { device, key } = await register(user.id, { rp: { id: 'shop.example' } }, at)
      const authentication = await begun({ user, rp: { id: 'shop.example' } })
      expect(authentication._embedded.devices.map(({ id }) => id)).toEqual([device.id])
      expect(asked(authentication)).toMatchObject({ rpId: 'shop.example', allowCredentials: [{ id: key.id }] })
      const assertion = key.get(optionsOf(authentication))
      expectRefusal(await check(authentication, assertion), 'REQUEST_FAILED', ['INVALID_ORIGIN', 'origin'])
      expect((await check(authentication, assertion, at)).body.status).toBe('COMPLETED')
    })

    it('is one that a page here can ask for', async () => {
      const { user } = await register()
      expectRefusal(await begin({ user, rp: { id: 'evil.example' } }), 'INVALID_DATA', ['INVALID_VALUE', 'rp.id'])
    })
  })
})
