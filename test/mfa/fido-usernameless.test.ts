import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AuthenticationView } from '../../server/protocol/mfa.ts'
import { SoftAuthenticator } from '../support/soft-authenticator.ts'
import { asked, fidoOf, type Registered } from './fido-world.ts'
import { addDevice, describeMfa, devicesOf, expectRefusal, mfa, newEmail, newUser } from './world.ts'

/* Seed 001: "Custom FIDO2 Challenge", and "Usernameless … sign-on": who is there is who the assertion says. */

describeMfa((world) => {
  const { register, begin, begun, does, check, read, policyWith } = fidoOf(world)
  const optionsOf = (authentication: AuthenticationView) => authentication.publicKeyCredentialRequestOptions
  const refused = ['REQUEST_FAILED', ['INVALID_ASSERTION', 'assertion']] as const

  describe('A challenge of the backend’s own', () => {
    const challengeOf = (length = 32) => randomBytes(length).toString('base64url')
    const used = ['INVALID_DATA', ['INVALID_VALUE', 'challenge']] as const

    it('is what is signed, once: the next question has another one', async () => {
      const { user, device, key } = await register()
      const challenge = challengeOf(512)
      const authentication = await begun({ user, challenge })
      expect(asked(authentication).challenge).toBe(challenge)
      const stale = key.get(optionsOf(authentication))
      const { body } = await does(authentication, 'device.select', { device: { id: device.id } })
      expect(asked(body).challenge).not.toBe(challenge)
      expectRefusal(await check(authentication, stale), ...refused)
      expect((await check(body, key.get(optionsOf(body)))).status).toBe(200)
    })

    it('waits for the first FIDO device that is asked', async () => {
      const { user, device, key } = await register()
      await addDevice(world.one, user.id, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      const challenge = challengeOf()
      const authentication = await begun({
        user,
        challenge,
        policy: { id: await policyWith({ authentication: { deviceSelection: 'ALWAYS_DISPLAY_DEVICES' } }) },
      })
      const { body } = await does(authentication, 'device.select', { device: { id: device.id } })
      expect(asked(body).challenge).toBe(challenge)
      expect((await check(body, key.get(optionsOf(body)))).status).toBe(200)
    })

    it('is taken once ever, by anybody, however it is written', async () => {
      const [{ user }, stranger] = await Promise.all([register(), register()])
      const challenge = challengeOf(40)
      await begun({ user, challenge })
      expectRefusal(await begin({ user, challenge }), ...used)
      expectRefusal(await begin({ user: stranger.user, challenge: `${challenge}==` }, world.other), ...used)
      const raced = challengeOf()
      const replies = await Promise.all(
        [world.one, world.other, world.one, world.other].map((hub) => begin({ user, challenge: raced }, hub)),
      )
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 400, 400, 400])
    })

    it('is the same in a repeat under one Idempotency-Key', async () => {
      const { user } = await register()
      const headers = { 'Idempotency-Key': newUser() }
      const body = { user, challenge: challengeOf() }
      const replies = await Promise.all([world.one, world.other, world.one].map((hub) => begin(body, hub, headers)))
      expect(new Set(replies.map((reply) => reply.body.id)).size).toBe(1)
      for (const reply of replies) expect(asked(reply.body).challenge).toBe(body.challenge)
    })

    it('is not used up by what is refused', async () => {
      const { user } = await register()
      const challenge = challengeOf()
      expectRefusal(await begin({ user, challenge, compatibility: 'NONE' }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
      expect(asked(await begun({ user, challenge })).challenge).toBe(challenge)
    })

    it.each([challengeOf(31), challengeOf(513), `${'!'.repeat(43)}`, 'a b'])('is refused as %s', async (challenge) => {
      expectRefusal(await begin({ user: { id: newUser() }, challenge }), ...used)
    })
  })

  describe('Without a user’s name', () => {
    const anybody = (body: object = {}) => begun({ usernameLess: true, ...body })

    it('asks whoever is there at once, and knows them by what they sign', async () => {
      const { user, device, key } = await register()
      const authentication = await anybody()
      expect(authentication).toMatchObject({ status: 'ASSERTION_REQUIRED', _embedded: { devices: [] } })
      expect(authentication).not.toHaveProperty('user')
      expect(authentication).not.toHaveProperty('selectedDevice')
      expect(Object.keys(authentication._links)).toEqual(['self', 'challenge', 'assertion.check', 'cancel'])
      expect(asked(authentication)).toMatchObject({
        rpId: 'login.example.com',
        allowCredentials: [],
        userVerification: 'required',
      })
      const { body } = await check(authentication, key.get(optionsOf(authentication)))
      expect(body).toMatchObject({ status: 'COMPLETED', user, selectedDevice: { id: device.id } })
      expect(await read(authentication)).toMatchObject({ status: 'COMPLETED', user })
    })

    it('refuses what nobody has registered, and what does not say whose it is', async () => {
      const { key } = await register()
      const authentication = await anybody()
      const answers: readonly string[] = [
        new SoftAuthenticator().get(optionsOf(authentication)),
        key.get(optionsOf(authentication), { userHandle: undefined }),
        key.get(optionsOf(authentication), { userHandle: '' }),
        key.get(optionsOf(authentication), { userHandle: randomBytes(32).toString('base64url') }),
        key.get(optionsOf(authentication), { isVerified: false }),
        new SoftAuthenticator({ id: key.id }).get(optionsOf(authentication)),
      ]
      for (const answer of answers) expectRefusal(await check(authentication, answer), ...refused)
      expect(await read(authentication)).not.toHaveProperty('user')
      expect((await check(authentication, key.get(optionsOf(authentication)))).status).toBe(200)
    })

    it('refuses a user without MFA, and takes them when they have it', async () => {
      const { user, key } = await register()
      const path = `/v1/users/${encodeURIComponent(user.id)}/mfaEnabled`
      await mfa(world.one, 'PUT', path, { mfaEnabled: false })
      const authentication = await anybody()
      const assertion = key.get(optionsOf(authentication))
      expectRefusal(await check(authentication, assertion), 'REQUEST_FAILED', ['MFA_DISABLED'])
      expect(await read(authentication)).not.toHaveProperty('user')
      await mfa(world.one, 'PUT', path, { mfaEnabled: true })
      expect((await check(authentication, assertion)).body).toMatchObject({ status: 'COMPLETED', user })
    })

    it('refuses a device that is gone, whose user is gone, or that is not asked for', async () => {
      const [one, two, three] = await Promise.all([register(), register(), register()])
      const answer = async ({ key }: Registered, words: object = {}) => {
        const authentication = await anybody(words)
        return check(authentication, key.get(optionsOf(authentication)))
      }
      await mfa(world.one, 'DELETE', `${devicesOf(one.user.id)}/${one.device.id}`)
      expectRefusal(await answer(one), ...refused)
      await mfa(world.one, 'DELETE', `/v1/users/${encodeURIComponent(two.user.id)}`)
      expectRefusal(await answer(two), ...refused)
      const elsewhere = await answer(three, { include: ['SECURITY_KEY'] })
      expectRefusal(elsewhere, 'REQUEST_FAILED', ['DEVICE_NOT_ACTIVE', 'assertion'])
      const carried = await answer(three, { compatibility: 'SECURITY_KEY_ONLY' })
      expectRefusal(carried, 'REQUEST_FAILED', ['DEVICE_NOT_ACTIVE', 'assertion'])
      expect((await answer(three)).status).toBe(200)
    })

    it('asks for the relying party, and what the backend wants signed', async () => {
      const challenge = randomBytes(64).toString('base64url')
      const authentication = await anybody({ rp: { id: 'example.com' }, challenge })
      expect(asked(authentication)).toMatchObject({ rpId: 'example.com', challenge, allowCredentials: [] })
    })

    it('ends for good when it is cancelled: there is no device to choose', async () => {
      const authentication = await anybody({ retryable: true })
      const chosen = await does(authentication, 'device.select', { device: { id: 'x' } })
      expectRefusal(chosen, 'INVALID_DATA', ['INVALID_VALUE', 'device.id'])
      const { body } = await does(authentication, 'cancel', { reason: 'CHANGE_DEVICE' })
      expect(body.status).toBe('CANCELLED')
      expect(body).not.toHaveProperty('user')
    })

    it.each([
      [{ user: { id: 'ada' } }, 'user'],
      [{ selectedDevice: { id: 'x' } }, 'selectedDevice'],
      [{ otp: '123456' }, 'otp'],
    ])('takes no %j', async (words, target) => {
      expectRefusal(await begin({ usernameLess: true, ...words }), 'INVALID_DATA', ['INVALID_VALUE', target])
    })

    it('is refused where no FIDO device may be used, and not meant where it is not said', async () => {
      const off = { enabled: false }
      const policy = { id: await policyWith({ fido2: off, platform: off, securityKey: off }) }
      for (const words of [{ compatibility: 'NONE' }, { exclude: ['FIDO'] }, { policy }]) {
        expectRefusal(await begin({ usernameLess: true, ...words }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
      }
      for (const words of [{}, { usernameLess: false }]) {
        expectRefusal(await begin(words), 'INVALID_DATA', ['REQUIRED_VALUE', 'user'])
      }
    })
  })
})
