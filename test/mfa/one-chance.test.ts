import { beforeEach, expect, it } from 'vitest'
import { CHALLENGE, GRACE_MS } from '../../server/challenge/challenge.ts'
import type { Message } from '../../server/delivery/delivery.ts'
import { showAuthentication } from '../../server/mfa/authentication/authentication-view.ts'
import {
  cancelAuthentication,
  resendCode,
  selectDevice,
} from '../../server/mfa/authentication/change-authentication.ts'
import { checkOtp } from '../../server/mfa/authentication/check-otp.ts'
import { createAuthentication } from '../../server/mfa/authentication/create-authentication.ts'
import { getAuthentication } from '../../server/mfa/authentication/move-authentication.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { devicePolicies } from '../../server/mfa/policies.ts'
import { createDevice } from '../../server/mfa/users/create-device.ts'
import type { Device } from '../../server/mfa/users/device.ts'
import { createEngine } from './engine.ts'

/* An authentication in which one device is selected, once: it is over with the code that was sent. */

const USER = 'ada'
const MANNER = { asksWhich: true, isOneChance: true }
const DAY = 86_400
let now = 1_700_000_000_000
let sent: Message[]
let context: MfaContext

beforeEach(() => {
  sent = []
  const deliver = async (message: Message) => {
    sent.push(message)
  }
  context = createEngine(
    () => undefined,
    { carriers: { EMAIL: { deliver }, SMS: { deliver } } },
    () => now,
  )
})

const begun = async (policy: object = {}) => {
  const { id: policyId } = await devicePolicies.create(context, { name: 'One', ...policy })
  const own = { status: 'ACTIVE' }
  const { device: mail } = await createDevice(context, USER, { type: 'EMAIL', email: 'ada@example.com', ...own })
  const { device: text } = await createDevice(context, USER, { type: 'SMS', phone: '+4930123456', ...own })
  const body = { user: { id: USER }, policy: { id: policyId }, challengeTimeout: DAY, retryable: true }
  const { challenge } = await createAuthentication(context, body, undefined, MANNER)
  const { id } = challenge
  return {
    id,
    challenge,
    mail,
    text,
    select: (device: Device) => selectDevice(context, id, { device: { id: device.id } }),
  }
}
const otp = () => /\d{6}/.exec(sent.at(-1)?.text ?? '')?.[0] ?? ''
const wrong = () => String((Number(otp()) + 1) % 1_000_000).padStart(6, '0')
const stands = (id: string) => context.challenges.store.read(CHALLENGE, id)
const linksOf = async (id: string) =>
  Object.keys((await showAuthentication(context, await getAuthentication(context, id)))._links)
const CHOSEN = { mfa: 'CONFLICT', details: [{ code: 'INVALID_ACTION', target: 'action' }] }

it('may take its time until a device is selected, and is over with the code from then on', async () => {
  const lifeTime = { duration: 60, timeUnit: 'SECONDS' }
  const { id, challenge, mail, text, select } = await begun({ email: { otp: { lifeTime } } })
  expect(challenge.expiresAt).toBe(now + DAY * 1_000)
  expect(challenge.authentication.kept.offered).toEqual([mail.id, text.id])
  now += 3_600_000
  const chosen = await select(mail)
  expect(chosen.authentication.kept.code?.expiresAt).toBe(now + 60_000)
  expect(chosen).toMatchObject({ expiresAt: now + 60_000, purgeAt: now + 60_000 + GRACE_MS })
  now += 59_999
  expect((await getAuthentication(context, id)).complete).toBe(false)
  now += 1
  expect(await getAuthentication(context, id)).toMatchObject({ status: 'timed_out', complete: true })
  await expect(checkOtp(context, id, { otp: otp() })).rejects.toMatchObject({
    details: [{ code: 'AUTHENTICATION_COMPLETE' }],
  })
})

it('is proven by that code until it dies', async () => {
  const { id, text, select } = await begun()
  await select(text)
  await checkOtp(context, id, { otp: otp() })
  expect(await stands(id)).toMatchObject({ status: 'approved', complete: true })
})

it('takes no other device then, nor sends anything anew, and does not offer to', async () => {
  const { id, mail, text, select } = await begun()
  expect(await linksOf(id)).toEqual(['self', 'challenge', 'device.select', 'cancel'])
  await select(mail)
  expect(await linksOf(id)).toEqual(['self', 'challenge', 'otp.check', 'cancel'])
  const before = await stands(id)
  for (const device of [mail, text]) await expect(select(device)).rejects.toMatchObject(CHOSEN)
  await expect(resendCode(context, id)).rejects.toMatchObject(CHOSEN)
  expect(await stands(id)).toEqual(before)
  expect(sent).toHaveLength(1)
  await cancelAuthentication(context, id, { reason: 'CHANGE_DEVICE' })
  expect(await stands(id)).toMatchObject({ status: 'cancelled', complete: true })
})

it('sends one message, whoever selects what at the same moment', async () => {
  const { id, mail, text, select } = await begun()
  const told = await Promise.allSettled([mail, text, mail, text, mail].map(select))
  expect(told.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const each of told) if (each.status === 'rejected') expect(each.reason).toMatchObject(CHOSEN)
  expect(sent).toHaveLength(1)
  await checkOtp(context, id, { otp: otp() })
  expect(await stands(id)).toMatchObject({ status: 'approved' })
})

it('fails with the last wrong code, even where that locks the device', async () => {
  const coolDown = { duration: 2, timeUnit: 'MINUTES' }
  const { id, mail, select } = await begun({ email: { otp: { failure: { count: 2, coolDown } } } })
  await select(mail)
  for (let tries = 0; tries < 2; tries++) {
    await expect(checkOtp(context, id, { otp: wrong() })).rejects.toMatchObject({ details: [{ code: 'INVALID_OTP' }] })
  }
  expect(await stands(id)).toMatchObject({ status: 'denied', complete: true })
})

it('is one and the same under the id that was settled before', async () => {
  const { challenge } = await begun()
  const body = { user: { id: USER }, challengeTimeout: DAY }
  const again = await createAuthentication(context, body, undefined, { ...MANNER, id: challenge.id })
  expect(again.challenge).toEqual(challenge)
  const id = context.challenges.random.id()
  const both = await Promise.all([1, 2].map(() => createAuthentication(context, body, undefined, { id })))
  expect(both.map((each) => each.challenge.id)).toEqual([id, id])
  expect(sent).toHaveLength(1)
  await checkOtp(context, id, { otp: otp() })
})
