import { describe, expect, it } from 'vitest'
import {
  act,
  addDevice,
  describeMfa,
  devicesOf,
  ENVIRONMENT_ID,
  expectRefusal,
  listed,
  mfa,
  newEmail,
  newPhone,
  newUser,
} from './world.ts'

/* Seed 001's capabilities about devices, by its own headings. */

describeMfa((world) => {
  describe('Create Device', () => {
    it('makes a device that waits for the code it was sent', async () => {
      const { one, other, provider } = world
      const [user, phone] = [newUser(), newPhone()]
      const device = await addDevice(one, user, { type: 'SMS', phone, nickname: 'My phone', userAgent: 'Chrome' })
      expect(device).toMatchObject({
        type: 'SMS',
        status: 'ACTIVATION_REQUIRED',
        phone,
        nickname: 'My phone',
        notification: { status: 'SENT' },
        environment: { id: ENVIRONMENT_ID },
        user: { id: user },
        lock: { status: 'UNLOCKED' },
      })
      expect(Object.keys(device._links)).toEqual(['self', 'device.activate', 'device.sendActivationCode'])
      expect(device).not.toHaveProperty('test')
      expect(JSON.stringify(device)).not.toContain(provider.codeFor(phone))
      expect(provider.sentTo(phone)).toHaveLength(1)
      const { body } = await mfa(other, 'GET', device._links.self?.href ?? '')
      expect(body).toEqual(device)
    })

    it.each([
      ['EMAIL', () => ({ email: newEmail() })],
      ['SMS', () => ({ phone: newPhone() })],
      ['VOICE', () => ({ phone: newPhone(), extension: '12,3#' })],
    ])('takes a device of type %s that is active at once, and sends nothing', async (type, address) => {
      const { one, provider } = world
      const [user, fields] = [newUser(), address()]
      const device = await addDevice(one, user, { type, status: 'ACTIVE', ...fields })
      expect(device).toMatchObject({ type, status: 'ACTIVE', ...fields })
      expect(Object.keys(device._links)).toEqual(['self'])
      expect(provider.sentTo(Object.values(fields)[0] ?? '')).toEqual([])
      expect((await mfa(one, 'GET', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`)).body).toEqual({
        mfaEnabled: true,
      })
    })

    it('takes the type in any case, with spaces around it, and a number as people write it', async () => {
      const device = await addDevice(world.one, newUser(), {
        type: ' sms ',
        phone: '+49 (30) 123-45.67',
        status: 'ACTIVE',
      })
      expect(device).toMatchObject({ type: 'SMS', phone: '+49301234567' })
    })

    it('shows the secret of a code app until it is active, and never again', async () => {
      const { one, other } = world
      const user = newUser()
      const device = await addDevice(one, user, { type: 'TOTP' })
      expect(device.secret).toMatch(/^[A-Z2-7]{32}$/)
      expect(device.keyUri).toMatch(/^otpauth:\/\/totp\/Assent:/)
      expect(device.keyUri).toContain(`secret=${device.secret}`)
      expect((await listed(other, user))._embedded.devices[0]).toMatchObject({ secret: device.secret })
    })

    it('in test mode tells the code and sends nothing', async () => {
      const { one, provider } = world
      const [user, email] = [newUser(), newEmail()]
      const device = await addDevice(one, user, { type: 'EMAIL', email, testMode: 'true' })
      expect(device.test?.otp).toMatch(/^\d{6}$/)
      expect(provider.sentTo(email)).toEqual([])
      const path = `${devicesOf(user)}/${device.id}`
      expect((await mfa(one, 'GET', path)).text).not.toContain(device.test?.otp)
      expect((await act(one, path, 'device.activate', { otp: device.test?.otp })).body).toMatchObject({
        status: 'ACTIVE',
      })
    })

    it('says so when the message could not be handed over, and keeps the device', async () => {
      const { one, provider } = world
      const [user, email] = [newUser(), newEmail()]
      provider.failsWith = 500
      const device = await addDevice(one, user, { type: 'EMAIL', email })
      provider.failsWith = undefined
      expect(device.notification).toEqual({ status: 'FAILED' })
      const path = `${devicesOf(user)}/${device.id}`
      expect((await act(one, path, 'device.sendActivationCode')).body.notification).toEqual({ status: 'SENT' })
      const activated = await act(one, path, 'device.activate', { otp: provider.codeFor(email) })
      expect(activated.body).toMatchObject({ status: 'ACTIVE' })
    })

    it('makes one device, whatever how often it is asked for under one Idempotency-Key', async () => {
      const { one, other, provider } = world
      const [user, phone] = [newUser(), newPhone()]
      const headers = { 'Idempotency-Key': newUser() }
      const asked = [one, other, one, other].map((hub) =>
        mfa(hub, 'POST', devicesOf(user), { type: 'SMS', phone }, { headers }),
      )
      const replies = await Promise.all(asked)
      expect(replies.map(({ status }) => status)).toEqual([201, 201, 201, 201])
      expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1)
      expect((await listed(one, user)).size).toBe(1)
      expect(provider.sentTo(phone)).toHaveLength(1)
      const another = await mfa(one, 'POST', devicesOf(user), { type: 'SMS', phone: newPhone() }, { headers })
      expectRefusal(another, 'IDEMPOTENCY_KEY_REUSED')
    })

    it('allows as many devices as the settings do, however many are asked for at once', async () => {
      const { one, other } = world
      const user = newUser()
      const asked = Array.from({ length: 12 }, (_, at) =>
        mfa(at % 2 ? one : other, 'POST', devicesOf(user), { type: 'TOTP' }),
      )
      const replies = await Promise.all(asked)
      const made = replies.filter(({ status }) => status === 201)
      expect(made).toHaveLength(5)
      for (const reply of replies) {
        if (reply.status !== 201) expectRefusal(reply, 'REQUEST_LIMITED', ['LIMIT_EXCEEDED', 'user'])
      }
      expect((await listed(one, user))._embedded.allowedtypes).toEqual([])
    })

    it.each<[string, object, ...(readonly [string, string])[]]>([
      ['nothing', {}, ['REQUIRED_VALUE', 'type']],
      ['an unknown type', { type: 'PIGEON' }, ['INVALID_VALUE', 'type']],
      ['an empty type', { type: '' }, ['EMPTY_VALUE', 'type']],
      ['no number', { type: 'SMS' }, ['REQUIRED_VALUE', 'phone']],
      ['no address', { type: 'EMAIL' }, ['REQUIRED_VALUE', 'email']],
      ['a number without its country', { type: 'SMS', phone: '030 1234567' }, ['INVALID_VALUE', 'phone']],
      ['no address at all', { type: 'EMAIL', email: 'ada at home' }, ['INVALID_VALUE', 'email']],
      ['an address for a phone', { type: 'SMS', phone: '+49301234567', email: 'a@b.de' }, ['INVALID_VALUE', 'email']],
      [
        'an extension for an address',
        { type: 'EMAIL', email: 'a@b.de', extension: '1' },
        ['INVALID_VALUE', 'extension'],
      ],
      ['letters to dial', { type: 'VOICE', phone: '+49301234567', extension: 'abc' }, ['INVALID_VALUE', 'extension']],
      ['a code app that is active', { type: 'TOTP', status: 'ACTIVE' }, ['INVALID_VALUE', 'status']],
      ['a nickname too long', { type: 'TOTP', nickname: 'x'.repeat(101) }, ['SIZE_LIMIT_EXCEEDED', 'nickname']],
      ['an unknown field', { type: 'TOTP', colour: 'red' }, ['UNKNOWN_FIELD', 'colour']],
      ['an unknown policy', { type: 'TOTP', policy: { id: 'none' } }, ['INVALID_VALUE', 'policy.id']],
      [
        'an unknown message',
        { type: 'SMS', phone: '+49301234567', notification: { template: { variant: 'none' } } },
        ['INVALID_VALUE', 'notification.template.variant'],
      ],
      [
        'two mistakes',
        { type: 'SMS', status: 'MAYBE', nickname: '' },
        ['INVALID_VALUE', 'status'],
        ['EMPTY_VALUE', 'nickname'],
      ],
    ])('refuses %s', async (_what, body, ...details) => {
      const user = newUser()
      expectRefusal(await mfa(world.one, 'POST', devicesOf(user), body), 'INVALID_DATA', ...(details as never[]))
      expect((await listed(world.one, user)).size).toBe(0)
    })
  })

  describe('Read All Devices', () => {
    it('shows devices in the user’s order, and what belongs to them', async () => {
      const { one, other } = world
      const user = newUser()
      const waiting = await addDevice(one, user, { type: 'TOTP' })
      const first = await addDevice(one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      const second = await addDevice(other, user, { type: 'SMS', phone: newPhone(), status: 'ACTIVE' })
      const list = await listed(one, user)
      expect(list._embedded).toMatchObject({
        allowedtypes: [
          ...['EMAIL', 'SMS', 'VOICE', 'TOTP', 'OATH_TOKEN', 'YUBIKEY', 'MOBILE', 'DESKTOP'],
          ...['FIDO2', 'PLATFORM', 'SECURITY_KEY'],
        ],
        applications: [{ id: 'assent', name: 'Assent' }],
        mfaSettings: { environment: { id: ENVIRONMENT_ID }, pairing: { maxAllowedDevices: 5 } },
        mfaPolicy: { authentication: { deviceSelection: 'DEFAULT_TO_FIRST' } },
        order: [{ id: first.id }, { id: second.id }],
      })
      expect(list._embedded.devices.map(({ id }) => id)).toEqual([first.id, second.id, waiting.id])
      expect(list.size).toBe(3)
    })

    it.each([
      ['?status=ACTIVE', ['EMAIL', 'SMS']],
      ['?status=ACTIVATION_REQUIRED', ['TOTP']],
      ['?status=ALL&type=TOTP,email', ['EMAIL', 'TOTP']],
      [`?filter=${encodeURIComponent('status eq "ACTIVE" and type eq "SMS"')}`, ['SMS']],
      ['?type=VOICE', []],
    ])('filters by %s', async (query, types) => {
      const user = newUser()
      await addDevice(world.one, user, { type: 'TOTP' })
      await addDevice(world.one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      await addDevice(world.one, user, { type: 'SMS', phone: newPhone(), status: 'ACTIVE' })
      const list = await listed(world.other, user, query)
      expect(list._embedded.devices.map(({ type }) => type)).toEqual(types)
      expect(list.size).toBe(types.length)
    })

    it.each([
      ['?status=SOME', 'status'],
      ['?type=PIGEON', 'type.0'],
      ['?type=SMS,sms', 'type'],
      ['?filter=colour', 'filter'],
    ])('refuses %s', async (query, target) => {
      expectRefusal(await mfa(world.one, 'GET', devicesOf(newUser()) + query), 'INVALID_DATA', [
        'INVALID_VALUE',
        target,
      ])
    })
  })

  it('Read Device tells unknown ones and those of others alike', async () => {
    const { one } = world
    const device = await addDevice(one, newUser(), { type: 'TOTP' })
    const foreign = await mfa(one, 'GET', `${devicesOf(newUser())}/${device.id}`)
    const unknown = await mfa(one, 'GET', `${devicesOf(newUser())}/none`)
    const [a, b] = [expectRefusal(foreign, 'NOT_FOUND'), expectRefusal(unknown, 'NOT_FOUND')]
    expect({ ...a, id: '' }).toEqual({ ...b, id: '' })
  })

  it('Update Device Nickname names a device, and takes the name away again', async () => {
    const { one, other } = world
    const user = newUser()
    const { id } = await addDevice(one, user, { type: 'TOTP' })
    const path = `${devicesOf(user)}/${id}/nickname`
    expect((await mfa(one, 'PUT', path, { nickname: 'Blue one' })).body).toEqual({ nickname: 'Blue one' })
    expect((await listed(other, user))._embedded.devices[0]?.nickname).toBe('Blue one')
    expect((await mfa(one, 'PUT', path, { nickname: '' })).body).toEqual({ nickname: '' })
    expect((await listed(other, user))._embedded.devices[0]).not.toHaveProperty('nickname')
    expectRefusal(await mfa(one, 'PUT', path, {}), 'INVALID_DATA', ['REQUIRED_VALUE', 'nickname'])
    expectRefusal(await mfa(one, 'PUT', path, { nickname: 'x'.repeat(101) }), 'INVALID_DATA', [
      'SIZE_LIMIT_EXCEEDED',
      'nickname',
    ])
  })

  it('Delete Device takes it out of the order: the next one is the default', async () => {
    const { one, other } = world
    const user = newUser()
    const [first, second] = await Promise.all(
      [newEmail(), newEmail()].map((email) => addDevice(one, user, { type: 'EMAIL', email, status: 'ACTIVE' })),
    )
    const order = (await listed(one, user))._embedded.order.map(({ id }) => id)
    const path = `${devicesOf(user)}/${order[0]}`
    expect((await mfa(one, 'DELETE', path)).status).toBe(204)
    expect((await listed(other, user))._embedded.order).toEqual([{ id: order[1] }])
    expect(order.toSorted()).toEqual([first?.id, second?.id].toSorted())
    expectRefusal(await mfa(other, 'DELETE', path), 'NOT_FOUND')
  })

  it('Read MFA Status and Update MFA Status', async () => {
    const { one, other } = world
    const path = `/v1/users/${encodeURIComponent(newUser())}/mfaEnabled`
    expect((await mfa(one, 'GET', path)).body).toEqual({ mfaEnabled: false })
    expect((await mfa(one, 'PUT', path, { mfaEnabled: true })).body).toEqual({ mfaEnabled: true })
    expect((await mfa(other, 'GET', path)).body).toEqual({ mfaEnabled: true })
    expectRefusal(await mfa(one, 'PUT', path, {}), 'INVALID_DATA', ['REQUIRED_VALUE', 'mfaEnabled'])
    expectRefusal(await mfa(one, 'PUT', path, { mfaEnabled: 'yes' }), 'INVALID_DATA', ['INVALID_VALUE', 'mfaEnabled'])
  })

  describe('Set Device Order', () => {
    const threeDevices = async (user: string) => {
      const ids: string[] = []
      for (let at = 0; at < 3; at++) {
        ids.push((await addDevice(world.one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })).id)
      }
      return ids as [string, string, string]
    }
    const orderOf = async (user: string) => (await listed(world.other, user))._embedded.order.map(({ id }) => id)

    it('by device order: those named first, the others behind them in their old order', async () => {
      const user = newUser()
      const [a, b, c] = await threeDevices(user)
      const reply = await act(world.one, devicesOf(user), 'devices.reorder', { order: [{ id: c }] })
      expect(reply.body._embedded.order).toEqual([{ id: c }, { id: a }, { id: b }])
      expect(await orderOf(user)).toEqual([c, a, b])
    })

    it('by default device, also where content types like ours are blocked', async () => {
      const user = newUser()
      const [a, b, c] = await threeDevices(user)
      await mfa(world.one, 'POST', `${devicesOf(user)}?action=devices.reorder`, { defaultDevice: { id: b } })
      expect(await orderOf(user)).toEqual([b, a, c])
    })

    it('is taken back: then no device is the default', async () => {
      const user = newUser()
      const [a] = await threeDevices(user)
      await act(world.one, devicesOf(user), 'devices.order.remove')
      expect(await orderOf(user)).toEqual([])
      await act(world.one, devicesOf(user), 'devices.reorder', { defaultDevice: { id: a } })
      expect(await orderOf(user)).toHaveLength(3)
    })

    it('refuses what is no order', async () => {
      const user = newUser()
      const [a] = await threeDevices(user)
      const waiting = await addDevice(world.one, user, { type: 'TOTP' })
      const reorder = (body: unknown) => act(world.one, devicesOf(user), 'devices.reorder', body)
      expectRefusal(await reorder({ order: [{ id: a }, { id: a }] }), 'INVALID_DATA', ['INVALID_VALUE', 'order'])
      expectRefusal(await reorder({ order: [{ id: waiting.id }] }), 'INVALID_DATA', ['INVALID_VALUE', 'order'])
      expectRefusal(await reorder({ defaultDevice: { id: 'none' } }), 'INVALID_DATA', [
        'INVALID_VALUE',
        'defaultDevice.id',
      ])
      expectRefusal(await reorder({}), 'INVALID_DATA', ['INVALID_VALUE', 'body'])
    })
  })

  it('deleting a user deletes everything of theirs, and they may begin anew', async () => {
    const { one, other } = world
    const user = newUser()
    await addDevice(one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
    expect((await mfa(one, 'DELETE', `/v1/users/${encodeURIComponent(user)}`)).status).toBe(204)
    expect((await listed(other, user)).size).toBe(0)
    expect((await mfa(other, 'GET', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`)).body).toEqual({
      mfaEnabled: false,
    })
    await addDevice(other, user, { type: 'TOTP' })
    expect((await listed(one, user)).size).toBe(1)
  })
})
