import { describe, expect, it } from 'vitest'
import type { DeviceView } from '../../server/protocol/mfa.ts'
import { startHub } from '../support/hub.ts'
import { startRedis } from '../support/redis-server.ts'
import { SoftAuthenticator } from '../support/soft-authenticator.ts'
import { fidoOf, ORIGIN, STICK } from './fido-world.ts'
import { act, addDevice, describeMfa, devicesOf, expectRefusal, listed, mfa, newEmail, newUser } from './world.ts'

/* Seed 001: Create Device and Activate Device, for "Fido2 Biometrics", "Security Key" and built-in authenticators. */

const optionsOf = ({ publicKeyCredentialCreationOptions: options = '' }: DeviceView) => JSON.parse(options)

describeMfa((world) => {
  const { activate, register, readDevice, policyWith } = fidoOf(world)
  const create = (body: object, user = newUser()) => mfa<DeviceView>(world.one, 'POST', devicesOf(user), body)

  describe('Create Device', () => {
    it('makes a passkey that waits for what it is to sign, and shows what that is', async () => {
      const user = newUser()
      const device = await addDevice(world.one, user, {
        type: 'fido2',
        nickname: 'My laptop',
        userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140',
      })
      expect(device).toMatchObject({
        type: 'FIDO2',
        status: 'ACTIVATION_REQUIRED',
        rp: { id: 'login.example.com', name: 'Assent' },
        displayName: 'Passkey',
        platform: 'macOS',
        attributes: { previousDeviceType: 'FIDO2' },
      })
      expect(Object.keys(device._links)).toEqual(['self', 'device.activate'])
      const options = optionsOf(device)
      expect(options).toMatchObject({
        rp: { id: 'login.example.com', name: 'Assent' },
        user: { name: user, displayName: user },
        attestation: 'none',
        excludeCredentials: [],
        authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      })
      expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32)
      expect(Buffer.from(options.user.id, 'base64url')).toHaveLength(32)
      expect(options.pubKeyCredParams.map(({ alg }: { alg: number }) => alg)).toEqual([-8, -7, -257])
      expect(await readDevice(device)).toEqual(device)
    })

    it.each([
      ['PLATFORM', 'platform', 'required', false, 'Built-in authenticator'],
      ['SECURITY_KEY', 'cross-platform', 'preferred', true, 'Security key'],
    ])('a %s is looked for where it is: %s', async (type, attachment, residentKey, isCrossPlatform, displayName) => {
      const device = await addDevice(world.one, newUser(), { type })
      expect(device).toMatchObject({ type, displayName, attributes: { previousDeviceType: type, isCrossPlatform } })
      expect(optionsOf(device).authenticatorSelection).toMatchObject({
        authenticatorAttachment: attachment,
        residentKey,
      })
    })

    it('takes the relying party from the request before the policy’s, and that before its own', async () => {
      const fido2 = { rpId: 'example.com', rpName: 'Example', userVerification: 'required' }
      const policy = { id: await policyWith({ fido2 }) }
      const byPolicy = await addDevice(world.one, newUser(), { type: 'FIDO2', policy })
      expect(byPolicy.rp).toEqual({ id: 'example.com', name: 'Example' })
      expect(optionsOf(byPolicy).authenticatorSelection.userVerification).toBe('required')
      const rp = { id: ' Shop.Example', name: 'Shop' }
      const byRequest = await addDevice(world.one, newUser(), { type: 'SECURITY_KEY', policy, rp })
      expect(byRequest.rp).toEqual({ id: 'shop.example', name: 'Shop' })
    })

    it.each(['com', 'ogin.example.com', 'other.example', 'a.login.example.com', 'evil-shop.example'])(
      'takes no relying party %s, which no page here could ask for',
      async (id) => {
        expectRefusal(await create({ type: 'FIDO2', rp: { id } }), 'INVALID_DATA', ['INVALID_VALUE', 'rp.id'])
      },
    )

    it.each([
      [{ type: 'FIDO2', status: 'ACTIVE' }, [['INVALID_VALUE', 'status']]],
      [{ type: 'PLATFORM', status: 'ACTIVE' }, [['INVALID_VALUE', 'status']]],
      [{ type: 'SECURITY_KEY', status: 'ACTIVE' }, [['INVALID_VALUE', 'status']]],
      [{ type: 'FIDO2', phone: '+4930123456' }, [['INVALID_VALUE', 'phone']]],
      [{ type: 'FIDO2', rp: { id: 'https://example.com' } }, [['INVALID_VALUE', 'rp.id']]],
      [{ type: 'FIDO2', rp: { url: 'example.com' } }, [['UNKNOWN_FIELD', 'rp.url']]],
      [{ type: 'TOTP', rp: { id: 'example.com' } }, [['INVALID_VALUE', 'rp']]],
    ])('refuses %j', async (body, details) => {
      expectRefusal(await create(body), 'INVALID_DATA', ...(details as never[]))
    })

    it.each([
      ['FIDO2', 'fido2'],
      ['PLATFORM', 'platform'],
      ['SECURITY_KEY', 'securityKey'],
    ])('makes no %s where the policy says so', async (type, section) => {
      const policy = { id: await policyWith({ [section]: { enabled: false } }) }
      expectRefusal(await create({ type, policy }), 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'type'])
    })

    it('names its user alike on all their devices, and none that they have registered', async () => {
      const { user, device, key } = await register(newUser(), {}, STICK)
      const second = optionsOf(await addDevice(world.other, user.id, { type: 'SECURITY_KEY' }))
      expect(second.excludeCredentials).toEqual([{ id: key.id, type: 'public-key', transports: ['usb', 'nfc'] }])
      const third = optionsOf(await addDevice(world.one, user.id, { type: 'FIDO2', rp: { id: 'shop.example' } }))
      expect(third.excludeCredentials).toEqual([])
      expect(third.user.id).toBe(second.user.id)
      const strangers = optionsOf(await addDevice(world.one, newUser(), { type: 'FIDO2' }))
      expect(strangers.user.id).not.toBe(second.user.id)
      expect(device).not.toHaveProperty('publicKeyCredentialCreationOptions')
    })
  })

  describe('Activate Device', () => {
    const waiting = async (body: object = {}) => {
      const device = await addDevice(world.one, newUser(), { type: 'FIDO2', ...body })
      return { device, options: device.publicKeyCredentialCreationOptions ?? '' }
    }

    it('takes what the authenticator made, on any instance, and never shows its keys', async () => {
      const aaguid = 'ee882879-721c-4913-9775-3dfcce97072a'
      const { user, device, key } = await register(newUser(), { nickname: 'Key' }, { ...STICK, aaguid })
      expect(device).toMatchObject({
        status: 'ACTIVE',
        nickname: 'Key',
        displayName: 'YubiKey 5',
        attributes: { previousDeviceType: 'FIDO2', isCrossPlatform: true },
      })
      expect(Object.keys(device._links)).toEqual(['self'])
      expect(JSON.stringify(device)).not.toContain(key.id)
      expect((await listed(world.one, user.id))._embedded.order).toEqual([{ id: device.id }])
      const { body } = await mfa(world.one, 'GET', `/v1/users/${encodeURIComponent(user.id)}/mfaEnabled`)
      expect(body).toEqual({ mfaEnabled: true })
    })

    it('takes it from a page below the relying party’s domain', async () => {
      await register(newUser(), { rp: { id: 'example.com' } })
      await register(newUser(), { rp: { id: 'example.com' } }, { origin: 'https://example.com' })
    })

    it('looks at no statement of a maker, whatever it says', async () => {
      const words = new Map<string, number | Uint8Array>([['alg', -7]])
      words.set('sig', new Uint8Array(8)).set('x5c', new Uint8Array(9))
      const statement = ['packed', words] as const
      expect((await register(newUser(), {}, { statement })).device.status).toBe('ACTIVE')
    })

    it('says so when it is active already', async () => {
      const { device, options } = await waiting()
      const attestation = new SoftAuthenticator().create(options)
      const replies = await Promise.all([
        activate(device, attestation, ORIGIN, world.one),
        activate(device, attestation, ORIGIN, world.other),
      ])
      expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409])
      const late = replies.find(({ status }) => status === 409) ?? replies[0]
      expect(expectRefusal(late, 'CONFLICT', ['ALREADY_ACTIVE']).current).toMatchObject({ status: 'ACTIVE' })
    })

    it.each([
      ['another challenge', { challenge: Buffer.alloc(32).toString('base64url') }],
      ['another relying party', { rpId: 'shop.example' }],
      ['an assertion', { type: 'webauthn.get' }],
      ['nobody there', { isPresent: false }],
      ['a public key of another credential', { id: Buffer.alloc(16).toString('base64url') }, 'renamed'],
    ])('refuses %s, and takes the right one after it', async (_what, behaviour, renamed = '') => {
      const { device, options } = await waiting()
      const key = new SoftAuthenticator()
      const made = JSON.parse(key.create(options, behaviour))
      const sent = JSON.stringify(renamed ? { ...made, id: key.id, rawId: key.id } : made)
      expectRefusal(await activate(device, sent), 'REQUEST_FAILED', ['INVALID_ATTESTATION', 'attestation'])
      expect(await readDevice(device)).toEqual(device)
      expect((await activate(device, key.create(options))).body.status).toBe('ACTIVE')
    })

    it('refuses an authenticator that did not ask who is there, where the policy wants that', async () => {
      const policy = { id: await policyWith({ fido2: { userVerification: 'required' } }) }
      const { device, options } = await waiting({ policy })
      const sent = new SoftAuthenticator().create(options, { isVerified: false })
      expectRefusal(await activate(device, sent), 'REQUEST_FAILED', ['INVALID_ATTESTATION', 'attestation'])
    })

    it.each([
      ['PLATFORM', 'cross-platform'],
      ['SECURITY_KEY', 'platform'],
    ] as const)('refuses for a %s one that is %s', async (type, attachment) => {
      const { device, options } = await waiting({ type })
      const sent = new SoftAuthenticator({ attachment }).create(options)
      expectRefusal(await activate(device, sent), 'REQUEST_FAILED', ['INVALID_ATTESTATION', 'attestation'])
    })

    it.each(['x', '{}', '[]', 'null', '{"id":1}'])('refuses %s, which no authenticator says', async (sent) => {
      const { device } = await waiting()
      expectRefusal(await activate(device, sent), 'REQUEST_FAILED', ['INVALID_ATTESTATION', 'attestation'])
    })

    it('refuses an attestation that is cut off, at whatever place', async () => {
      const { device, options } = await waiting()
      const made = JSON.parse(new SoftAuthenticator().create(options))
      const { attestationObject: object } = made.response
      for (const length of [1, 20, 60, 120, 200, object.length - 4]) {
        const response = { ...made.response, attestationObject: object.slice(0, length) }
        const sent = JSON.stringify({ ...made, response })
        expectRefusal(await activate(device, sent), 'REQUEST_FAILED', ['INVALID_ATTESTATION', 'attestation'])
      }
    })

    it('refuses an attestation that is nested deeper than any stack', async () => {
      const { device, options } = await waiting()
      const made = JSON.parse(new SoftAuthenticator().create(options))
      const response = { ...made.response, attestationObject: Buffer.alloc(20_000, 0x81).toString('base64url') }
      const sent = JSON.stringify({ ...made, response })
      expectRefusal(await activate(device, sent), 'REQUEST_FAILED', ['INVALID_ATTESTATION', 'attestation'])
      const tooLong = await activate(device, sent.padEnd(40_000))
      expectRefusal(tooLong, 'INVALID_DATA', ['SIZE_LIMIT_EXCEEDED', 'attestation'])
    })

    it.each([
      ['https://evil.example', 'https://evil.example'],
      ['https://shop.example', 'https://shop.example'],
      ['https://example.com', 'https://example.com'],
      [ORIGIN, 'https://evil.example'],
      ['http://login.example.com', 'http://login.example.com'],
      ['not an origin', ORIGIN],
    ])('refuses the origin %s of an answer made at %s', async (origin, madeAt) => {
      const { device, options } = await waiting()
      const sent = new SoftAuthenticator().create(options, { origin: madeAt })
      expectRefusal(await activate(device, sent, origin), 'REQUEST_FAILED', ['INVALID_ORIGIN', 'origin'])
    })

    it('refuses an answer from within a frame of another page', async () => {
      const { device, options } = await waiting()
      const sent = new SoftAuthenticator().create(options, { crossOrigin: true })
      expectRefusal(await activate(device, sent), 'REQUEST_FAILED', ['INVALID_ORIGIN', 'origin'])
    })

    it('refuses a credential that is somebody’s, be it the same user’s, until that device is deleted', async () => {
      const { user, device: first, key } = await register()
      for (const owner of [user.id, newUser()]) {
        const device = await addDevice(world.one, owner, { type: 'FIDO2' })
        const sent = new SoftAuthenticator({ id: key.id }).create(device.publicKeyCredentialCreationOptions)
        expectRefusal(await activate(device, sent), 'UNIQUENESS_VIOLATION', ['UNIQUENESS_VIOLATION', 'attestation'])
        await mfa(world.one, 'DELETE', `${devicesOf(owner)}/${device.id}`)
      }
      await mfa(world.one, 'DELETE', `${devicesOf(user.id)}/${first.id}`)
      const again = await addDevice(world.one, user.id, { type: 'FIDO2' })
      const sent = key.create(again.publicKeyCredentialCreationOptions)
      expect((await activate(again, sent)).body.status).toBe('ACTIVE')
    })

    it('gives one credential to one of many users who register it at the same moment', async () => {
      const { id } = new SoftAuthenticator()
      const devices = await Promise.all(
        Array.from({ length: 8 }, () => addDevice(world.one, newUser(), { type: 'FIDO2' })),
      )
      const replies = await Promise.all(
        devices.map((device, at) => {
          const sent = new SoftAuthenticator({ id }).create(device.publicKeyCredentialCreationOptions)
          return activate(device, sent, ORIGIN, at % 2 ? world.one : world.other)
        }),
      )
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(replies.filter(({ status }) => status === 409)).toHaveLength(7)
    })

    it('says which answer such a device needs', async () => {
      const { device, options } = await waiting()
      const path = `${devicesOf(device.user.id)}/${device.id}`
      const attestation = new SoftAuthenticator().create(options)
      const say = (body: object) => act(world.one, path, 'device.activate', body)
      expectRefusal(await say({}), 'INVALID_DATA', ['REQUIRED_VALUE', 'attestation'], ['REQUIRED_VALUE', 'origin'])
      expectRefusal(await say({ attestation }), 'INVALID_DATA', ['REQUIRED_VALUE', 'origin'])
      expectRefusal(await say({ attestation, origin: ORIGIN, otp: '123456' }), 'INVALID_DATA', ['UNKNOWN_FIELD', 'otp'])
      const mail = await addDevice(world.one, newUser(), { type: 'EMAIL', email: newEmail() })
      const wrongKind = await activate(mail, attestation)
      expectRefusal(
        wrongKind,
        'INVALID_DATA',
        ['REQUIRED_VALUE', 'otp'],
        ['UNKNOWN_FIELD', 'attestation'],
        ['UNKNOWN_FIELD', 'origin'],
      )
      expectRefusal(await act(world.one, path, 'device.sendActivationCode'), 'INVALID_REQUEST', [
        'INVALID_ACTION',
        'action',
      ])
    })
  })
})

it('outside production the hub’s own pages may ask; in production none that are not configured', async () => {
  const hub = await startHub()
  const user = newUser()
  const device = await addDevice(hub, user, { type: 'FIDO2' })
  expect(device.rp).toEqual({ id: 'localhost', name: 'Assent' })
  const origin = hub.url.replace('127.0.0.1', 'localhost')
  const attestation = new SoftAuthenticator({ origin }).create(device.publicKeyCredentialCreationOptions)
  const activated = await act(hub, `${devicesOf(user)}/${device.id}`, 'device.activate', { attestation, origin })
  expect(activated.body).toMatchObject({ status: 'ACTIVE' })
  await hub.stop()

  const production = await startHub({ NODE_ENV: 'production' })
  const refused = await mfa(production, 'POST', devicesOf(user), { type: 'FIDO2' })
  expectRefusal(refused, 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'type'])
  expect((await listed(production, user))._embedded.allowedtypes).not.toContain('FIDO2')
  await production.stop()
})

it('a device of a domain whose pages are no longer configured is not offered, and is when they are again', async () => {
  const redis = await startRedis()
  const startWith = (WEBAUTHN_ORIGINS: string) => startHub({ REDIS_URL: redis.url, WEBAUTHN_ORIGINS })
  const [before, after] = await Promise.all([startWith(ORIGIN), startWith('https://shop.example')])
  const user = newUser()
  const device = await addDevice(before, user, { type: 'FIDO2' })
  const attestation = new SoftAuthenticator().create(device.publicKeyCredentialCreationOptions)
  await act(before, `${devicesOf(user)}/${device.id}`, 'device.activate', { attestation, origin: ORIGIN })
  const begin = (hub: typeof before) => mfa(hub, 'POST', '/v1/deviceAuthentications', { user: { id: user } })
  expectRefusal(await begin(after), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
  expect((await begin(before)).body.status).toBe('ASSERTION_REQUIRED')
  await Promise.all([before.stop(), after.stop()])
  await redis.stop()
})
