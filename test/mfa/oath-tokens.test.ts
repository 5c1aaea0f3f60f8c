import { HOTP, Secret } from 'otpauth'
import { expect, it } from 'vitest'
import type { AuthenticationView, DeviceView } from '../../server/protocol/mfa.ts'
import { act, addDevice, describeMfa, devicesOf, expectRefusal, mfa, newUser } from './world.ts'

/* The inventory of hardware tokens, and the devices they become. */

const TOKENS = '/v1/oathTokens'

describeMfa((world) => {
  const newToken = async (more: object = {}) => {
    const secret = new Secret({ size: 20 }).base32
    const body = { serialNumber: newUser(), type: 'HOTP', secret, ...more }
    const reply = await mfa(world.one, 'POST', TOKENS, body)
    expect(reply.status).toBe(201)
    expect(reply.text).not.toContain(secret)
    const code = (counter: number) => new HOTP({ secret: Secret.fromBase32(secret) }).generate({ counter })
    return { ...(reply.body as { id: string; serialNumber: string }), secret, code }
  }
  const pathOf = ({ user, id }: DeviceView) => `${devicesOf(user.id)}/${id}`
  const activate = (device: DeviceView, body: object) => act(world.other, pathOf(device), 'device.activate', body)
  const paired = async () => {
    const token = await newToken()
    const device = await addDevice(world.one, newUser(), { type: 'OATH_TOKEN', serialNumber: token.serialNumber })
    return { token, device }
  }

  it('tokens are taken in one at a time or many, listed without their secrets, and taken out', async () => {
    const one = await newToken({ type: 'TOTP', digits: 8, stepSize: 60 })
    const listed = await mfa(world.other, 'GET', `${TOKENS}/${one.id}`)
    expect(listed.body).toMatchObject({
      serialNumber: one.serialNumber,
      type: 'TOTP',
      digits: 8,
      stepSize: 60,
      status: 'UNASSIGNED',
    })
    const secret = new Secret({ size: 20 }).base32
    const many = Array.from({ length: 150 }, () => ({ serialNumber: newUser(), type: 'HOTP', secret, counter: 5 }))
    const added = await mfa(world.one, 'POST', TOKENS, many)
    expect(added.status).toBe(201)
    expect(added.body._embedded.oathTokens).toHaveLength(150)
    const all = await mfa(world.other, 'GET', TOKENS)
    expect(all.body).toMatchObject({ size: 100 })
    expect(all.body.count).toBeGreaterThan(150)
    expect(all.text + added.text).not.toContain(secret)
    expect((await mfa(world.one, 'DELETE', `${TOKENS}/${one.id}`)).status).toBe(204)
    expectRefusal(await mfa(world.other, 'GET', `${TOKENS}/${one.id}`), 'NOT_FOUND')
    expectRefusal(await mfa(world.other, 'DELETE', `${TOKENS}/${one.id}`), 'NOT_FOUND')
  })

  it('all of a list are taken in, or none', async () => {
    const secret = new Secret({ size: 20 }).base32
    const known = await newToken()
    const fresh = { serialNumber: newUser(), type: 'HOTP', secret }
    const twice = await mfa(world.one, 'POST', TOKENS, [fresh, { ...fresh, serialNumber: known.serialNumber }])
    expectRefusal(twice, 'UNIQUENESS_VIOLATION', ['UNIQUENESS_VIOLATION', '1.serialNumber'])
    const same = await mfa(world.one, 'POST', TOKENS, [fresh, fresh])
    expectRefusal(same, 'UNIQUENESS_VIOLATION', ['UNIQUENESS_VIOLATION', '1.serialNumber'])
    const wrong = await mfa(world.one, 'POST', TOKENS, [fresh, { ...fresh, secret: 'short' }])
    expectRefusal(wrong, 'INVALID_DATA', ['INVALID_VALUE', '1.secret'])
    expect((await mfa(world.one, 'POST', TOKENS, fresh)).status).toBe(201)
  })

  it.each<[string, object, string, string]>([
    ['no number', { serialNumber: undefined }, 'REQUIRED_VALUE', 'serialNumber'],
    ['no secret', { secret: undefined }, 'REQUIRED_VALUE', 'secret'],
    ['an unknown type', { type: 'PIN' }, 'INVALID_VALUE', 'type'],
    ['seven digits', { digits: 7 }, 'INVALID_VALUE', 'digits'],
    ['a counter below zero', { counter: -1 }, 'INVALID_VALUE', 'counter'],
  ])('a token with %s is refused', async (_what, more, code, target) => {
    const body = { serialNumber: newUser(), type: 'HOTP', secret: new Secret({ size: 20 }).base32, ...more }
    expectRefusal(await mfa(world.one, 'POST', TOKENS, body), 'INVALID_DATA', [code as 'EMPTY_VALUE', target])
  })

  it('W Create Device: a token becomes a user’s device, is activated by a code, and authenticates', async () => {
    const { token, device } = await paired()
    expect(device).toMatchObject({ type: 'OATH_TOKEN', oathToken: token.id, serialNumber: token.serialNumber })
    expect(device).not.toHaveProperty('secret')
    const assigned = (await mfa(world.other, 'GET', `${TOKENS}/${token.id}`)).body
    expect(assigned).toMatchObject({ status: 'ASSIGNED', user: device.user, device: { id: device.id } })
    expectRefusal(await mfa(world.one, 'DELETE', `${TOKENS}/${token.id}`), 'CONFLICT', ['IN_USE'])
    expect((await activate(device, { otp: token.code(0) })).body).toMatchObject({ status: 'ACTIVE' })

    const begun = await mfa<AuthenticationView>(world.one, 'POST', '/v1/deviceAuthentications', { user: device.user })
    expect(begun.body).toMatchObject({ status: 'OTP_REQUIRED', selectedDevice: { id: device.id } })
    const path = `/v1/deviceAuthentications/${begun.body.id}`
    expectRefusal(await act(world.other, path, 'otp.check', { otp: token.code(0) }), 'REQUEST_FAILED', [
      'INVALID_OTP',
      'otp',
    ])
    const done = await act(world.other, path, 'otp.check', { otp: token.code(1) })
    expect(done.body).toMatchObject({ status: 'COMPLETED', authenticators: ['otp', 'hwk', 'mfa'] })
  })

  it('a token that is far off is found by two codes in a row', async () => {
    const { token, device } = await paired()
    const off = await activate(device, { otp: token.code(50) })
    expectRefusal(off, 'REQUEST_FAILED', ['OATH_RESYNC_REQUIRED', 'otp'])
    const both = { otp: token.code(50), oathResync: token.code(51) }
    expect((await activate(device, both)).body).toMatchObject({ status: 'ACTIVE' })
  })

  it('one token is one device: of racers one gets it', async () => {
    const { serialNumber } = await newToken()
    const asked = Array.from({ length: 8 }, (_, at) =>
      mfa(at % 2 ? world.one : world.other, 'POST', devicesOf(newUser()), { type: 'OATH_TOKEN', serialNumber }),
    )
    const replies = await Promise.all(asked)
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    for (const reply of replies) {
      if (reply.status !== 201) expectRefusal(reply, 'INVALID_DATA', ['INVALID_VALUE', 'serialNumber'])
    }
  })

  it('a token is free again once its device or its user is gone, or never came to be, and as far on as it was', async () => {
    const { token, device } = await paired()
    await activate(device, { otp: token.code(0) })
    await mfa(world.one, 'DELETE', pathOf(device))
    const wanted = { type: 'OATH_TOKEN', serialNumber: token.serialNumber }
    const second = await addDevice(world.other, newUser(), wanted)
    expectRefusal(await activate(second, { otp: token.code(0) }), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
    await mfa(world.one, 'DELETE', `/v1/users/${encodeURIComponent(second.user.id)}`)

    const full = newUser()
    for (let count = 0; count < 5; count++) await addDevice(world.one, full, { type: 'TOTP' })
    expectRefusal(await mfa(world.one, 'POST', devicesOf(full), wanted), 'REQUEST_LIMITED', ['LIMIT_EXCEEDED', 'user'])
    const third = await addDevice(world.other, newUser(), wanted)
    expect((await activate(third, { otp: token.code(1) })).body).toMatchObject({ status: 'ACTIVE' })
  })

  it('needs a number that is in the inventory', async () => {
    const ask = (body: object) => mfa(world.one, 'POST', devicesOf(newUser()), { type: 'OATH_TOKEN', ...body })
    expectRefusal(await ask({}), 'INVALID_DATA', ['REQUIRED_VALUE', 'serialNumber'])
    expectRefusal(await ask({ serialNumber: 'none' }), 'INVALID_DATA', ['INVALID_VALUE', 'serialNumber'])
    const totp = await mfa(world.one, 'POST', devicesOf(newUser()), { type: 'TOTP', serialNumber: '1' })
    expectRefusal(totp, 'INVALID_DATA', ['INVALID_VALUE', 'serialNumber'])
  })
})
