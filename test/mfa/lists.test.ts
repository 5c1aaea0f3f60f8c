import { describe, expect, it } from 'vitest'
import { call, type Reply } from '../support/http-client.ts'
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
  newUser,
} from './world.ts'

/* Policies, settings, applications and templates; and what holds for every MFA call. */

interface Page {
  readonly size: number
  readonly _embedded: Readonly<Record<string, readonly unknown[]>>
  readonly _links: { readonly next?: { readonly href: string } }
}

const LISTS = ['deviceAuthenticationPolicies', 'notificationPolicies', 'applications'] as const

describeMfa((world) => {
  describe.each(LISTS)('%s', (list) => {
    const path = `/v1/${list}`

    it('are made, read, replaced and deleted, on any instance', async () => {
      const { one, other } = world
      const name = newUser()
      const created = await mfa(one, 'POST', path, { name })
      expect(created.status).toBe(201)
      const { id, createdAt } = created.body
      expect(created.headers.get('location')).toBe(`${path}/${id}`)
      expect(created.body).toMatchObject({
        name,
        environment: { id: ENVIRONMENT_ID },
        _links: { self: { href: `${path}/${id}` } },
      })
      expect(createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      expect((await mfa(other, 'GET', `${path}/${id}`)).body).toEqual(created.body)
      const all = (await mfa(other, 'GET', path)).body
      expect(all._embedded[list]).toContainEqual(created.body)
      expect(all).toMatchObject({ size: all._embedded[list].length, count: all._embedded[list].length })

      // What was read may be sent back as it is, and changes nothing but when it was changed.
      const same = await mfa(other, 'PUT', `${path}/${id}`, created.body)
      expect({ ...same.body, updatedAt: '' }).toEqual({ ...created.body, updatedAt: '' })
      const renamed = await mfa(other, 'PUT', `${path}/${id}`, { name: `${name}!` })
      expect(renamed.body).toMatchObject({ id, name: `${name}!`, createdAt })
      expect((await mfa(one, 'DELETE', `${path}/${id}`)).status).toBe(204)
      for (const method of ['GET', 'DELETE']) expectRefusal(await mfa(other, method, `${path}/${id}`), 'NOT_FOUND')
      expectRefusal(await mfa(other, 'PUT', `${path}/${id}`, { name }), 'NOT_FOUND')
    })

    it('have names of their own', async () => {
      const name = newUser()
      const racers = await Promise.all(
        [world.one, world.other, world.one].map((hub) => mfa(hub, 'POST', path, { name })),
      )
      expect(racers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409])
      for (const reply of racers) {
        if (reply.status === 409) expectRefusal(reply, 'UNIQUENESS_VIOLATION', ['UNIQUENESS_VIOLATION', 'name'])
      }
    })

    it('are made once under one Idempotency-Key', async () => {
      const headers = { 'Idempotency-Key': newUser() }
      const body = { name: newUser() }
      const first = await mfa(world.one, 'POST', path, body, { headers })
      const again = await mfa(world.other, 'POST', path, body, { headers })
      expect(again.body).toEqual(first.body)
      expectRefusal(await mfa(world.one, 'POST', path, { name: newUser() }, { headers }), 'IDEMPOTENCY_KEY_REUSED')
    })

    it('come in pages', async () => {
      for (let count = 0; count < 3; count++) await mfa(world.one, 'POST', path, { name: newUser() })
      const { count, _embedded } = (await mfa(world.one, 'GET', path)).body
      const seen: unknown[] = []
      let next: string | undefined = `${path}?limit=2`
      while (next !== undefined) {
        const { body }: Reply<Page> = await mfa(world.other, 'GET', next)
        expect(body.size).toBeLessThanOrEqual(2)
        seen.push(...(body._embedded[list] ?? []))
        next = body._links.next?.href
      }
      expect(seen).toEqual(_embedded[list])
      expect(seen).toHaveLength(count)
    })

    it('refuse pages that are none', async () => {
      const gone = await mfa(world.one, 'GET', `${path}?cursor=gone`)
      expectRefusal(gone, 'INVALID_DATA', ['INVALID_VALUE', 'cursor'])
      expectRefusal(await mfa(world.one, 'GET', `${path}?limit=0`), 'INVALID_DATA', ['INVALID_VALUE', 'limit'])
      expectRefusal(await mfa(world.one, 'GET', `${path}?limit=101`), 'INVALID_DATA', ['SIZE_LIMIT_EXCEEDED', 'limit'])
    })

    it.each<[string, object, string, string]>([
      ['no name', {}, 'REQUIRED_VALUE', 'name'],
      ['an empty name', { name: '' }, 'EMPTY_VALUE', 'name'],
      ['a name too long', { name: 'x'.repeat(257) }, 'SIZE_LIMIT_EXCEEDED', 'name'],
      ['a name that breaks lines', { name: 'a\nb' }, 'INVALID_VALUE', 'name'],
      ['an unknown field', { name: 'a', colour: 'red' }, 'UNKNOWN_FIELD', 'colour'],
    ])('refuse %s', async (_what, body, code, target) => {
      expectRefusal(await mfa(world.one, 'POST', path, body), 'INVALID_DATA', [code as 'EMPTY_VALUE', target])
    })
  })

  describe.each(['deviceAuthenticationPolicies', 'notificationPolicies'])('the default one of %s', (list) => {
    const path = `/v1/${list}`

    it('is one at any time, and stays when others come', async () => {
      const before = (await mfa(world.one, 'GET', `${path}/default`)).body
      expect(before.default).toBe(true)
      expectRefusal(await mfa(world.one, 'DELETE', `${path}/${before.id}`), 'CONFLICT', ['IN_USE'])
      const undone = await mfa(world.one, 'PUT', `${path}/default`, { ...before, default: false })
      expectRefusal(undone, 'INVALID_DATA', ['INVALID_VALUE', 'default'])
      const silent = await mfa(world.one, 'PUT', `${path}/default`, { name: before.name })
      expect(silent.body).toMatchObject({ id: before.id, default: true })
      const after = (await mfa(world.one, 'POST', path, { name: newUser(), default: true })).body
      expect((await mfa(world.other, 'GET', `${path}/default`)).body.id).toBe(after.id)
      expect((await mfa(world.other, 'GET', `${path}/${before.id}`)).body.default).toBe(false)
      await mfa(world.other, 'PUT', `${path}/${before.id}`, { ...before, default: true })
      expect((await mfa(world.one, 'DELETE', `${path}/${after.id}`)).status).toBe(204)
    })
  })

  it('Read Device Authentication Policy shows every field of the seed', async () => {
    const { body } = await mfa(world.one, 'GET', '/v1/deviceAuthenticationPolicies/default')
    const failure = (duration: number) => ({ count: 3, coolDown: { duration, timeUnit: 'MINUTES' } })
    const sent = { enabled: true, otp: { failure: failure(0), lifeTime: { duration: 30, timeUnit: 'MINUTES' } } }
    expect(body).toMatchObject({
      name: 'Default',
      default: true,
      forSignOnPolicy: false,
      sms: sent,
      email: sent,
      voice: sent,
      mobile: {
        enabled: true,
        otp: { failure: failure(2), window: { stepSize: { duration: 30, timeUnit: 'SECONDS' } } },
      },
      totp: { enabled: true, otp: { failure: failure(2) } },
      platform: { enabled: true },
      securityKey: { enabled: true },
    })
  })

  it.each<[string, object, string]>([
    ['count', { totp: { otp: { failure: { count: 8 } } } }, 'totp.otp.failure.count'],
    ['count', { totp: { otp: { failure: { count: 0 } } } }, 'totp.otp.failure.count'],
    [
      'coolDown',
      { sms: { otp: { failure: { coolDown: { duration: 31, timeUnit: 'MINUTES' } } } } },
      'sms.otp.failure.coolDown.duration',
    ],
    ['lifeTime', { sms: { otp: { lifeTime: { duration: 59, timeUnit: 'SECONDS' } } } }, 'sms.otp.lifeTime.duration'],
    ['timeUnit', { sms: { otp: { lifeTime: { duration: 1, timeUnit: 'YEARS' } } } }, 'sms.otp.lifeTime.timeUnit'],
    [
      'stepSize',
      { mobile: { otp: { window: { stepSize: { duration: 61, timeUnit: 'SECONDS' } } } } },
      'mobile.otp.window.stepSize.duration',
    ],
  ])('a policy refuses a %s beyond its limits', async (_what, words, target) => {
    const reply = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', { name: newUser(), ...words })
    const { details } = JSON.parse(reply.text) as { details: { target: string }[] }
    expect(reply.status).toBe(400)
    expect(details.map((each) => each.target)).toEqual([target])
  })

  it('a policy that a sign-on policy uses can not be deleted', async () => {
    const path = '/v1/deviceAuthenticationPolicies'
    const { id } = (await mfa(world.one, 'POST', path, { name: newUser(), forSignOnPolicy: true })).body
    expectRefusal(await mfa(world.one, 'DELETE', `${path}/${id}`), 'CONFLICT', ['IN_USE'])
  })

  it('a policy decides which devices may be added', async () => {
    const words = { name: newUser(), totp: { enabled: false } }
    const { id } = (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', words)).body
    const reply = await mfa(world.other, 'POST', devicesOf(newUser()), { type: 'TOTP', policy: { id } })
    expectRefusal(reply, 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'type'])
  })

  it('settings are read, replaced and reset, and count for every user', async () => {
    const { one, other } = world
    const user = newUser()
    const defaults = (await mfa(one, 'GET', '/v1/mfaSettings')).body
    expect(defaults).toMatchObject({
      environment: { id: ENVIRONMENT_ID },
      pairing: { maxAllowedDevices: 5, enableMfaOnActivation: true },
      authentication: { deviceSelection: 'DEFAULT_TO_FIRST' },
    })
    for (let count = 0; count < 2; count++) {
      await addDevice(one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
    }
    const pairing = { maxAllowedDevices: 1, enableMfaOnActivation: false }
    const changed = await mfa(other, 'PUT', '/v1/mfaSettings', { ...defaults, pairing })
    expect(changed.body.pairing).toEqual(pairing)
    // Devices stay, none can be added.
    expect((await listed(one, user)).size).toBe(2)
    expectRefusal(await mfa(one, 'POST', devicesOf(user), { type: 'TOTP' }), 'REQUEST_LIMITED', [
      'LIMIT_EXCEEDED',
      'user',
    ])
    const unmoved = newUser()
    await addDevice(one, unmoved, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
    const status = await mfa(one, 'GET', `/v1/users/${encodeURIComponent(unmoved)}/mfaEnabled`)
    expect(status.body).toEqual({ mfaEnabled: false })
    for (const maxAllowedDevices of [0, 16]) {
      const reply = await mfa(one, 'PUT', '/v1/mfaSettings', { pairing: { maxAllowedDevices } })
      expect(reply.status).toBe(400)
      expect(reply.body.details[0].target).toBe('pairing.maxAllowedDevices')
    }
    const reset = await mfa(one, 'DELETE', '/v1/mfaSettings')
    expect(reset.body).toMatchObject({ pairing: defaults.pairing, authentication: defaults.authentication })
  })

  describe('every call', () => {
    it('answers under its environment, and under no other', async () => {
      const user = newUser()
      const device = await addDevice(world.one, user, { type: 'TOTP' })
      const path = `${devicesOf(user)}/${device.id}`.replace('/v1/', '/')
      expect((await mfa(world.one, 'GET', `/v1/environments/${ENVIRONMENT_ID}${path}`)).body).toEqual(device)
      expectRefusal(await mfa(world.one, 'GET', `/v1/environments/${newUser().slice(5)}${path}`), 'NOT_FOUND')
    })

    it('needs a token, with the scope that what it does needs', async () => {
      const path = devicesOf(newUser())
      expectRefusal(await call(world.one, 'GET', path), 'INVALID_TOKEN')
      expectRefusal(await call(world.one, 'GET', path, { token: 'none' }), 'INVALID_TOKEN')
      const denied = ['ACCESS_FAILED', ['INSUFFICIENT_PERMISSIONS']] as const
      expectRefusal(await mfa(world.one, 'GET', path, undefined, { token: world.one.backend() }), ...denied)
      const reader = world.one.token({ scope: 'mfa:read', sub: 'reader' })
      expect((await mfa(world.one, 'GET', path, undefined, { token: reader })).status).toBe(200)
      expectRefusal(await mfa(world.one, 'POST', path, { type: 'TOTP' }, { token: reader }), ...denied)
      const challenges = world.one.token({ scope: 'mfa:write', sub: 'writer' })
      expect((await call(world.one, 'POST', '/v1/challenges', { token: challenges, body: {} })).status).toBe(403)
    })

    it('refuses what is not JSON, what is too long, and actions that are none', async () => {
      const path = devicesOf(newUser())
      const json = { headers: { 'Content-Type': 'application/json' } }
      expectRefusal(await mfa(world.one, 'POST', path, undefined, { raw: '{', ...json }), 'INVALID_REQUEST', [
        'INVALID_JSON',
      ])
      const text = { raw: 'x', headers: { 'Content-Type': 'text/plain' } }
      expectRefusal(await mfa(world.one, 'POST', path, undefined, text), 'INVALID_REQUEST', ['INVALID_CONTENT_TYPE'])
      const long = { type: 'TOTP', nickname: 'x'.repeat(70_000) }
      expectRefusal(await mfa(world.one, 'POST', path, long), 'PAYLOAD_TOO_LARGE')
      const noAction = ['INVALID_REQUEST', ['INVALID_ACTION', 'action']] as const
      expectRefusal(await act(world.one, path, 'devices.dance'), ...noAction)
      expectRefusal(await act(world.one, path, 'constructor'), ...noAction)
      expectRefusal(await act(world.one, `${path}?action=devices.order.remove`, 'devices.reorder'), ...noAction)
      const device = await addDevice(world.one, newUser(), { type: 'TOTP' })
      expectRefusal(await mfa(world.one, 'POST', device._links.self?.href ?? '', {}), ...noAction)
    })

    it('refuses a name longer than names are', async () => {
      expectRefusal(await mfa(world.one, 'GET', devicesOf('x'.repeat(101))), 'INVALID_DATA', [
        'SIZE_LIMIT_EXCEEDED',
        'user',
      ])
    })
  })
})
