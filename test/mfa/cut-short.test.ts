import { createSecretKey } from 'node:crypto'
import { TOTP } from 'otpauth'
import { beforeEach, expect, it } from 'vitest'
import { createContext } from '../../server/challenge/context.ts'
import { selectDevice } from '../../server/mfa/authentication/change-authentication.ts'
import { checkOtp } from '../../server/mfa/authentication/check-otp.ts'
import { createAuthentication } from '../../server/mfa/authentication/create-authentication.ts'
import { getAuthentication } from '../../server/mfa/authentication/move-authentication.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { createMfaContext } from '../../server/mfa/create-context.ts'
import { activateDevice } from '../../server/mfa/users/activate-device.ts'
import { createDevice } from '../../server/mfa/users/create-device.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { type Store, StoreUnavailable } from '../../server/store/store.ts'

/* A hub that dies between what an attempt costs, which is saved first, and what comes of it: spent, not granted. */

const USER = 'ada'
let context: MfaContext
/** Whether challenges can not be saved at the moment. */
let isCut = false

beforeEach(() => {
  const memory = new MemoryStore()
  const store: Store = {
    read: (kind, id) => memory.read(kind, id),
    commit: async (kind, id, next, options) => {
      if (isCut && kind.name === 'challenge') throw new StoreUnavailable('gone')
      return memory.commit(kind, id, next, options)
    },
    watch: (kind, id, listener) => memory.watch(kind, id, listener),
    now: () => memory.now(),
  }
  const challenges = createContext({
    store,
    issueToken: () => '',
    onError: (error) => {
      throw error
    },
    limits: { pendingPerApprover: 10, requestsPerApproverMinute: 10, silenceSeconds: 0 },
  })
  context = createMfaContext(challenges, {
    environmentId: '3e6d2d4c-6a31-4d1c-9f0a-1f2f0f6f8d11',
    issuer: 'Assent',
    allowsTestMode: true,
    phoneUrl: undefined,
    push: { deliver: async () => 'taken' },
    carriers: { EMAIL: { deliver: async () => undefined } },
    secrets: [createSecretKey(Buffer.alloc(32, 1))],
    onEnvironmentMade: () => undefined,
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
