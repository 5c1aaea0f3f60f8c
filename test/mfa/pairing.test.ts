import { afterEach, describe, expect, it } from 'vitest'
import type { DeviceView, PairedView, PairingKeyView } from '../../server/protocol/mfa.ts'
import { closing, connected, dial, hangUpAll, refusal } from '../gateway/sockets.ts'
import { expectProblem } from '../http/expect-problem.ts'
import { call } from '../support/http-client.ts'
import type { RunningHub } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import { addDevice, describeMfa, devicesOf, ENVIRONMENT_ID, expectRefusal, listed, mfa, newUser } from './world.ts'

/* A phone claims a pairing key, becomes a device, and speaks with a token that it renews by proof of its key. */

const keysOf = (user: string) => `/v1/users/${encodeURIComponent(user)}/pairingKeys`

describeMfa((world) => {
  afterEach(hangUpAll)

  const newKey = async (user: string, body: object = {}) => {
    const reply = await mfa<PairingKeyView>(world.one, 'POST', keysOf(user), body)
    expect(reply.status).toBe(201)
    return reply.body
  }
  const read = async (user: string, { id }: PairingKeyView) =>
    (await mfa<PairingKeyView>(world.other, 'GET', `${keysOf(user)}/${id}`)).body
  const pair = async (user = newUser(), hub: RunningHub = world.one) => {
    const { code = '' } = await newKey(user)
    const phone = new Phone()
    const reply = await phone.claim(hub, code)
    expect(reply.text).toContain('"token"')
    return { user, phone, code, reply }
  }

  describe('a pairing key', () => {
    it('is made for ten minutes, with a code that people can read', async () => {
      const user = newUser()
      const key = await newKey(user)
      expect(key).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        code: expect.stringMatching(/^[A-HJKMNP-Z2-9]{12}$/),
        status: 'UNCLAIMED',
        applications: [],
        createdAt: expect.any(String),
        updatedAt: expect.any(String),
        expiresAt: expect.any(String),
        environment: { id: ENVIRONMENT_ID },
        user: { id: user },
        _links: { self: { href: `${keysOf(user)}/${key.id}` }, qr: { href: `${keysOf(user)}/${key.id}/qr` } },
      })
      const life = Date.parse(key.expiresAt ?? '') - Date.parse(key.createdAt ?? '')
      expect(life).toBeGreaterThan(595_000)
      expect(life).toBeLessThanOrEqual(600_000)
      expect(await read(user, key)).toEqual(key)
    })

    it('is listed, and deleted while nobody has claimed it', async () => {
      const user = newUser()
      const keys = [await newKey(user), await newKey(user)]
      const list = await mfa(world.other, 'GET', keysOf(user))
      expect(list.body).toMatchObject({ _embedded: { pairingKeys: keys }, size: 2, count: 2 })
      expect((await mfa(world.one, 'DELETE', `${keysOf(user)}/${keys[0]?.id}`)).status).toBe(204)
      expectRefusal(await mfa(world.other, 'GET', `${keysOf(user)}/${keys[0]?.id}`), 'NOT_FOUND')
      expectRefusal(await new Phone().claim(world.other, keys[0]?.code ?? ''), 'NOT_FOUND')
    })

    it('is one of twenty at most that wait for a phone', async () => {
      const user = newUser()
      const made = await Promise.all(Array.from({ length: 22 }, () => mfa(world.one, 'POST', keysOf(user), {})))
      const refused = made.filter(({ status }) => status !== 201)
      expect(refused).toHaveLength(2)
      for (const each of refused) expectRefusal(each, 'REQUEST_LIMITED', ['LIMIT_EXCEEDED', 'user'])
    })

    it('is the same one for the same Idempotency-Key', async () => {
      const user = newUser()
      const headers = { 'Idempotency-Key': user }
      const [first, again] = await Promise.all([
        mfa(world.one, 'POST', keysOf(user), {}, { headers }),
        mfa(world.other, 'POST', keysOf(user), {}, { headers }),
      ])
      expect(again.body.id).toBe(first.body.id)
      expect(again.body.code).toBe(first.body.code)
    })

    it.each([
      [{ applications: [{ id: 'unknown' }] }, ['INVALID_VALUE', 'applications']],
      [{ applications: 'assent' }, ['INVALID_VALUE', 'applications']],
      [{ application: { id: 'assent' } }, ['UNKNOWN_FIELD', 'application']],
    ] as const)('is not made of %j', async (body, detail) => {
      expectRefusal(await mfa(world.one, 'POST', keysOf(newUser()), body), 'INVALID_DATA', detail)
    })

    it('is drawn as a QR code, as SVG and as PNG', async () => {
      const user = newUser()
      const key = await newKey(user)
      const drawn = await mfa(world.other, 'GET', `${keysOf(user)}/${key.id}/qr`)
      expect(drawn.headers.get('content-type')).toBe('image/svg+xml')
      expect(drawn.text).toContain('<svg')
      const png = await mfa(world.other, 'GET', `${keysOf(user)}/${key.id}/qr?format=png`)
      expect(png.headers.get('content-type')).toBe('image/png')
      expect(png.text.slice(1, 4)).toBe('PNG')
    })
  })

  describe('a phone that claims it', () => {
    it('becomes an active device of the user, and is told what it needs', async () => {
      const user = newUser()
      const key = await newKey(user)
      const phone = new Phone()
      const reply = await phone.claim(world.other, key.code ?? '')
      expect(reply.status).toBe(201)
      const { device, token, expiresAt, environment, user: owner, otp } = reply.body as PairedView
      expect(device).toMatchObject({
        type: 'MOBILE',
        status: 'ACTIVE',
        displayName: "Ada's phone",
        platform: 'Android',
        publicKey: phone.publicKey,
        user: { id: user },
      })
      expect(token).toMatch(/^ey/)
      expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 3_500_000)
      expect({ environment, owner }).toEqual({ environment: { id: ENVIRONMENT_ID }, owner: { id: user } })
      expect(otp).toEqual({ secret: expect.stringMatching(/^[A-Z2-7]{32}$/), period: 30 })
      expect((await listed(world.one, user))._embedded).toMatchObject({ devices: [device], order: [{ id: device.id }] })
      expect((await mfa(world.one, 'GET', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`)).body.mfaEnabled).toBe(
        true,
      )
      expect(await read(user, key)).toMatchObject({ status: 'CLAIMED' })
      expect(await read(user, key)).not.toHaveProperty('code')
      expect(await phone.approvals(world.one)).toEqual([])
    })

    it('may write the code as people do', async () => {
      const user = newUser()
      const { code = '' } = await newKey(user)
      const phone = new Phone()
      const written = `${code.slice(0, 4)} ${code.slice(4, 8)}-${code.slice(8)}`.toLowerCase()
      // What is signed is the code as it was made.
      const { signature } = signatureOf(phone, code)
      expect((await phone.claim(world.one, written, { signature })).status).toBe(201)
    })

    it('is told the same when it says the same again, and nobody else is', async () => {
      const { user, phone, code, reply } = await pair()
      const again = await phone.claim(world.other, code)
      expect(again.status).toBe(201)
      expect(again.body.device.id).toBe(reply.body.device.id)
      expect(again.body.otp).toEqual(reply.body.otp)
      expectRefusal(await new Phone().claim(world.one, code), 'NOT_FOUND')
      expect((await listed(world.one, user))._embedded.devices).toHaveLength(1)
    })

    it('is one, however many come at the same moment', async () => {
      const user = newUser()
      const { code = '' } = await newKey(user)
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_none, at) => new Phone().claim(at % 2 ? world.one : world.other, code)),
      )
      expect(replies.map(({ status }) => status).toSorted()).toEqual([201, ...Array(9).fill(404)])
      expect((await listed(world.one, user))._embedded.devices).toHaveLength(1)
    })

    it('activates the device that was made for it', async () => {
      const user = newUser()
      const made = await addDevice(world.one, user, { type: 'MOBILE', nickname: 'Work phone' })
      expect(made).toMatchObject({ status: 'ACTIVATION_REQUIRED', _embedded: { pairingKey: { status: 'UNCLAIMED' } } })
      expect(made._links).not.toHaveProperty('device.activate')
      const phone = new Phone()
      await phone.claim(world.other, made._embedded?.pairingKey.code ?? '')
      const { devices } = (await listed(world.one, user))._embedded
      expect(devices).toMatchObject([{ id: made.id, type: 'MOBILE', status: 'ACTIVE', nickname: 'Work phone' }])
    })

    it('is a DESKTOP where one was made', async () => {
      const user = newUser()
      const made = await addDevice(world.one, user, { type: 'DESKTOP' })
      const phone = new Phone()
      await phone.claim(world.other, made._embedded?.pairingKey.code ?? '')
      expect(phone.paired?.device).toMatchObject({ id: made.id, type: 'DESKTOP', status: 'ACTIVE' })
    })

    it('is refused with another application than the key is for, and the key is spent', async () => {
      const user = newUser()
      const other = await mfa(world.one, 'POST', '/v1/applications', { name: `Bank of ${user}` })
      const key = await newKey(user, { applicationIds: [other.body.id] })
      const reply = await new Phone().claim(world.one, key.code ?? '')
      expectRefusal(reply, 'REQUEST_FAILED', ['APPLICATION_NOT_ALLOWED', 'device.application.id'])
      expect(await read(user, key)).toMatchObject({ status: 'FAILED', error: { code: 'APPLICATION_NOT_ALLOWED' } })
      expectRefusal(await new Phone().claim(world.one, key.code ?? ''), 'NOT_FOUND')
    })

    it('is refused without the key it shows, and the pairing key stays', async () => {
      const user = newUser()
      const key = await newKey(user)
      const { code = '' } = key
      const [phone, thief] = [new Phone(), new Phone()]
      const foreign = await thief.claim(world.one, code, { publicKey: phone.publicKey })
      expectRefusal(foreign, 'REQUEST_FAILED', ['FOREIGN_KEY', 'signature'])
      const replayed = await thief.claim(world.one, code, { signature: signatureOf(phone, 'ANOTHERC0DE1').signature })
      expectRefusal(replayed, 'REQUEST_FAILED', ['FOREIGN_KEY', 'signature'])
      const offCurve = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }
      expectRefusal(await phone.claim(world.one, code, { publicKey: offCurve }), 'INVALID_DATA', [
        'INVALID_VALUE',
        'publicKey',
      ])
      expect(await read(user, key)).toMatchObject({ status: 'UNCLAIMED' })
      expect((await phone.claim(world.one, code)).status).toBe(201)
    })

    it('is refused when the user has all the devices they may have', async () => {
      const user = newUser()
      const { code = '' } = await newKey(user)
      for (let at = 0; at < 5; at++) {
        await addDevice(world.one, user, { type: 'EMAIL', email: `ada${at}@example.com`, status: 'ACTIVE' })
      }
      expectRefusal(await new Phone().claim(world.one, code), 'REQUEST_LIMITED', ['LIMIT_EXCEEDED', 'user'])
    })
  })

  describe('its token', () => {
    it('is renewed by proof of the key, once for each proof', async () => {
      const { phone } = await pair()
      const proof = phone.proof()
      const [first, again] = [await phone.renew(world.other, proof), await phone.renew(world.one, proof)]
      expect(first.status).toBe(200)
      const seen = await call(world.one, 'GET', '/v1/approvals', { token: first.body.token })
      expect(seen.status).toBe(200)
      expectRefusal(again, 'REQUEST_FAILED', ['SIGNATURE_REUSED', 'proof'])
    })

    it('is given to one of many who show the same proof at once', async () => {
      const { phone } = await pair()
      const proof = phone.proof()
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_none, at) => phone.renew(at % 2 ? world.one : world.other, proof)),
      )
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    })

    it('is refused for any other proof', async () => {
      const { phone } = await pair()
      const { phone: stranger } = await pair()
      stranger.paired = { ...(stranger.paired as PairedView), device: phone.paired?.device as DeviceView }
      const seconds = Math.floor(Date.now() / 1_000)
      expectRefusal(await stranger.renew(world.one), 'REQUEST_FAILED', ['FOREIGN_KEY'])
      expectRefusal(await phone.renew(world.one, 'x.y.z'), 'REQUEST_FAILED', ['MALFORMED_SIGNATURE'])
      expectRefusal(
        await phone.renew(world.one, phone.jws('JWT', { aud: ENVIRONMENT_ID, iat: seconds, jti: 'A'.repeat(22) })),
        'REQUEST_FAILED',
        ['MALFORMED_SIGNATURE'],
      )
      expectRefusal(await phone.renew(world.one, phone.proof({ aud: 'elsewhere' })), 'INVALID_DATA', [
        'INVALID_VALUE',
        'proof',
      ])
      for (const skew of [-70, 70]) {
        const late = await phone.renew(world.one, phone.proof({ iat: seconds + skew }))
        expectRefusal(late, 'REQUEST_FAILED', ['CLOCK_SKEW', 'proof'])
      }
    })

    it('dies with the device, on every instance and at once', async () => {
      const { user, phone } = await pair()
      const sockets = [dial(world.one.url, '/approving', { token: phone.token })]
      sockets.push(dial(world.other.url, '/approving', { token: phone.token }))
      await Promise.all(sockets.map(connected))
      const closed = Promise.all(sockets.map(closing))
      expect((await mfa(world.one, 'DELETE', `${devicesOf(user)}/${phone.id}`)).status).toBe(204)
      await closed
      for (const hub of [world.one, world.other]) {
        expectProblem(await call(hub, 'GET', '/v1/approvals', { token: phone.token }), 'invalid_token')
        expect((await refusal(dial(hub.url, '/approving', { token: phone.token }))).data?.code).toBe('invalid_token')
        expectRefusal(await phone.renew(hub), 'NOT_FOUND')
      }
    })

    it('dies with the user', async () => {
      const { user, phone } = await pair()
      expect((await mfa(world.one, 'DELETE', `/v1/users/${encodeURIComponent(user)}`)).status).toBe(204)
      expectProblem(await call(world.other, 'GET', '/v1/approvals', { token: phone.token }), 'invalid_token')
      expectRefusal(await phone.renew(world.other), 'NOT_FOUND')
    })

    it('can be had anew when all of a user’s tokens were revoked', async () => {
      const { user, phone } = await pair()
      const path = `/v1/approvers/${encodeURIComponent(user)}/connections`
      await call(world.one, 'DELETE', path, { token: world.one.backend() })
      expectProblem(await call(world.other, 'GET', '/v1/approvals', { token: phone.token }), 'invalid_token')
      // A token of the very second of the revocation is dead, too.
      await new Promise((resolve) => setTimeout(resolve, 1_100))
      const renewed = await phone.renew(world.other)
      expect((await call(world.one, 'GET', '/v1/approvals', { token: renewed.body.token })).status).toBe(200)
    })
  })
})

/** What a phone signs to claim this code. */
function signatureOf(phone: Phone, code: string): { signature: string } {
  return { signature: phone.claimSignature(code) }
}
