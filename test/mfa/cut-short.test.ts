import { TOTP } from 'otpauth'
import { beforeEach, expect, it } from 'vitest'
import { selectDevice } from '../../server/mfa/authentication/change-authentication.ts'
import { checkOtp } from '../../server/mfa/authentication/check-otp.ts'
import { createAuthentication } from '../../server/mfa/authentication/create-authentication.ts'
import { getAuthentication } from '../../server/mfa/authentication/move-authentication.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { activateDevice } from '../../server/mfa/users/activate-device.ts'
import { createDevice } from '../../server/mfa/users/create-device.ts'
import { StoreUnavailable } from '../../server/store/store.ts'
import { createEngine } from './engine.ts'

/* A hub that dies between what an attempt costs, which is saved first, and what comes of it: spent, not granted. */

const USER = 'ada'
let context: MfaContext
/** Whether challenges can not be saved at the moment. */
let isCut = false

beforeEach(() => {
  context = createEngine(({ name }) => {
    if (isCut && name === 'challenge') throw new StoreUnavailable('gone')
  })
})

/** An authentication whose right code has been spent, and not granted. */
async function spentNotGranted() {
  await createDevice(context, USER, { type: 'EMAIL', email: 'ada@example.com', status: 'ACTIVE' })
  const app = (await createDevice(context, USER, { type: 'TOTP' })).device
  if (app.type !== 'TOTP') throw new Error('no code app')
  await activateDevice(context, USER, app.id, { otp: new TOTP({ secret: app.secret }).generate() })
  const { challenge, otp = '' } = await createAuthentication(context, { user: { id: USER }, testMode: true })
  isCut = true
  await expect(checkOtp(context, challenge.id, { otp })).rejects.toBeInstanceOf(StoreUnavailable)
  isCut = false
  const stepNow = async () => (await getAuthentication(context, challenge.id)).authentication.step.status
  expect(await stepNow()).toBe('OTP_REQUIRED')
  return { id: challenge.id, otp, app, stepNow, wrong: String((Number(otp) + 1) % 1_000_000).padStart(6, '0') }
}

it('is granted when the same code is said again', async () => {
  const { id, otp, stepNow } = await spentNotGranted()
  await checkOtp(context, id, { otp })
  expect(await stepNow()).toBe('COMPLETED')
})

it('is no proof of another device, which was selected since', async () => {
  const { id, otp, app, stepNow } = await spentNotGranted()
  await selectDevice(context, id, { device: { id: app.id } })
  await expect(checkOtp(context, id, { otp })).rejects.toMatchObject({ details: [{ code: 'INVALID_OTP' }] })
  expect(await stepNow()).toBe('OTP_REQUIRED')
})

it('is denied by no wrong code that comes after it', async () => {
  const { id, otp, wrong, stepNow } = await spentNotGranted()
  for (let tries = 0; tries < 4; tries++) {
    await expect(checkOtp(context, id, { otp: wrong })).rejects.toMatchObject({ details: [{ target: 'otp' }] })
  }
  expect(await stepNow()).toBe('OTP_REQUIRED')
  await checkOtp(context, id, { otp })
  expect(await stepNow()).toBe('COMPLETED')
})
