import { TOTP } from 'otpauth'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DeviceView } from '../../server/protocol/mfa.ts'
import {
  act,
  addDevice,
  describeMfa,
  devicesOf,
  expectRefusal,
  listed,
  mfa,
  newEmail,
  newPhone,
  newUser,
} from './world.ts'

/* Seed 001: Activate Device, and Resend OTP for Pairing. */

describeMfa((world) => {
  afterEach(() => vi.useRealTimers())

  const pathOf = ({ user, id }: DeviceView) => `${devicesOf(user.id)}/${id}`
  const activate = (device: DeviceView, otp: string, hub = world.other) =>
    act(hub, pathOf(device), 'device.activate', { otp })
  const resend = (device: DeviceView) => act(world.one, pathOf(device), 'device.sendActivationCode')
  const wrong = (right: string) => String((Number(right) + 1) % 1_000_000).padStart(6, '0')
  const codeOf = ({ secret = '' }: DeviceView, at = Date.now()) => new TOTP({ secret }).generate({ timestamp: at })
  /** A policy with these words, which nobody else uses. */
  const policyWith = async (words: object) =>
    (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', { name: newUser(), ...words })).body.id as string

  describe('Activate Device', () => {
    it.each([
      ['EMAIL', newEmail],
      ['SMS', newPhone],
      ['VOICE', newPhone],
    ])('takes the code that was sent to a device of type %s, on any instance', async (type, newAddress) => {
      const address = newAddress()
      const device = await addDevice(world.one, newUser(), { type, [type === 'EMAIL' ? 'email' : 'phone']: address })
      const reply = await activate(device, world.provider.codeFor(address))
      expect(reply.status).toBe(200)
      expect(reply.body).toMatchObject({ id: device.id, status: 'ACTIVE' })
      expect(Object.keys(reply.body._links)).toEqual(['self'])
      const { _embedded } = await listed(world.one, device.user.id)
      expect(_embedded.order).toEqual([{ id: device.id }])
      const status = await mfa(world.one, 'GET', `/v1/users/${encodeURIComponent(device.user.id)}/mfaEnabled`)
      expect(status.body).toEqual({ mfaEnabled: true })
    })

    it('takes the code of a code app, and never shows its secret again', async () => {
      const device = await addDevice(world.one, newUser(), { type: 'TOTP' })
      const reply = await activate(device, codeOf(device))
      expect(reply.body).toMatchObject({ status: 'ACTIVE' })
      expect(reply.text).not.toContain(device.secret)
      expect(reply.body).not.toHaveProperty('keyUri')
    })

    it('tells how many tries are left, and takes no code any more once there are none', async () => {
      const email = newEmail()
      const device = await addDevice(world.one, newUser(), { type: 'EMAIL', email })
      const otp = world.provider.codeFor(email)
      for (const attemptsRemaining of [2, 1, 0]) {
        const { details } = expectRefusal(await activate(device, wrong(otp)), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
        expect(details?.[0]?.innerError).toEqual({ attemptsRemaining })
      }
      expectRefusal(await activate(device, otp), 'REQUEST_LIMITED', ['OTP_ATTEMPTS_LIMIT', 'otp'])
      await resend(device)
      expect((await activate(device, world.provider.codeFor(email))).body).toMatchObject({ status: 'ACTIVE' })
    })

    it('counts exactly the allowed number of attempts, however many come at once over two instances', async () => {
      const email = newEmail()
      const device = await addDevice(world.one, newUser(), { type: 'EMAIL', email })
      const otp = world.provider.codeFor(email)
      const replies = await Promise.all(
        Array.from({ length: 60 }, (_, at) => activate(device, wrong(otp), at % 2 ? world.one : world.other)),
      )
      const told = replies.map((reply) => reply.body.details?.[0]?.code)
      // A racer who lost twenty times is told to come back: that was no attempt.
      const attempts = told.filter((code) => code !== undefined)
      expect(attempts.filter((code) => code === 'INVALID_OTP')).toHaveLength(3)
      expect(new Set(attempts)).toEqual(new Set(['INVALID_OTP', 'OTP_ATTEMPTS_LIMIT']))
      expectRefusal(await activate(device, otp), 'REQUEST_LIMITED', ['OTP_ATTEMPTS_LIMIT', 'otp'])
    })

    it('locks a device for the cool-down of its policy; a backend may end it', async () => {
      const failure = { count: 2, coolDown: { duration: 20, timeUnit: 'MINUTES' } }
      const policy = { id: await policyWith({ totp: { otp: { failure } } }) }
      const device = await addDevice(world.one, newUser(), { type: 'TOTP', policy })
      const bad = wrong(codeOf(device))
      await activate(device, bad)
      expectRefusal(await activate(device, bad), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      const locked = await activate(device, codeOf(device))
      const { details } = expectRefusal(locked, 'REQUEST_LIMITED', ['DEVICE_LOCKED', 'otp'])
      const expiresAt = details?.[0]?.innerError?.expiresAt ?? ''
      expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(19 * 60_000)
      expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(19 * 60)
      const { body: shown } = await mfa(world.one, 'GET', pathOf(device))
      expect(shown.lock).toEqual({ status: 'LOCKED', expiresAt })
      expect(Object.keys(shown._links)).toContain('device.unlock')
      await act(world.one, pathOf(device), 'device.unlock')
      expect((await activate(device, codeOf(device))).body).toMatchObject({
        status: 'ACTIVE',
        lock: { status: 'UNLOCKED' },
      })
    })

    it('refuses a device that is active already, and shows it', async () => {
      const email = newEmail()
      const device = await addDevice(world.one, newUser(), { type: 'EMAIL', email, status: 'ACTIVE' })
      const { current } = expectRefusal(await activate(device, '123456'), 'CONFLICT', ['ALREADY_ACTIVE'])
      expect(current).toMatchObject({ id: device.id, status: 'ACTIVE', email })
    })

    it('tells unknown and foreign devices alike', async () => {
      const device = await addDevice(world.one, newUser(), { type: 'TOTP' })
      const stranger = { ...device, user: { id: newUser() } }
      expectRefusal(await activate(stranger, codeOf(device)), 'NOT_FOUND')
    })

    it.each([
      [{}, 'REQUIRED_VALUE', 'otp'],
      [{ otp: '' }, 'EMPTY_VALUE', 'otp'],
      [{ otp: 123456 }, 'INVALID_VALUE', 'otp'],
      [{ otp: '1'.repeat(21) }, 'SIZE_LIMIT_EXCEEDED', 'otp'],
    ] as const)('refuses %o, and counts no attempt', async (body, code, target) => {
      const device = await addDevice(world.one, newUser(), { type: 'TOTP' })
      for (let tries = 0; tries < 4; tries++) {
        expectRefusal(await act(world.one, pathOf(device), 'device.activate', body), 'INVALID_DATA', [code, target])
      }
      expect((await activate(device, codeOf(device))).status).toBe(200)
    })
  })

  describe('Resend OTP for Pairing', () => {
    it('sends a new code; the one before is dead', async () => {
      const phone = newPhone()
      const device = await addDevice(world.one, newUser(), { type: 'SMS', phone })
      const first = world.provider.codeFor(phone)
      expect((await resend(device)).body).toMatchObject({ id: device.id, status: 'ACTIVATION_REQUIRED' })
      const second = world.provider.codeFor(phone)
      if (second !== first) expectRefusal(await activate(device, first), 'REQUEST_FAILED', ['INVALID_OTP', 'otp'])
      expect((await activate(device, second)).status).toBe(200)
    })

    it('does so five times in half an hour', async () => {
      const phone = newPhone()
      const device = await addDevice(world.one, newUser(), { type: 'SMS', phone })
      for (let times = 0; times < 5; times++) expect((await resend(device)).status).toBe(200)
      expectRefusal(await resend(device), 'REQUEST_LIMITED', ['OTP_RESEND_LIMIT'])
      expect(world.provider.sentTo(phone)).toHaveLength(6)
    })

    it('refuses devices that wait for none', async () => {
      const user = newUser()
      const app = await addDevice(world.one, user, { type: 'TOTP' })
      const active = await addDevice(world.one, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
      for (const device of [app, active]) {
        expectRefusal(await resend(device), 'INVALID_REQUEST', ['INVALID_ACTION', 'action'])
      }
    })
  })
})
