import { beforeEach, describe, expect, it } from 'vitest'
import { APPROVER } from '../../server/challenge/approver.ts'
import { decide } from '../../server/challenge/capabilities.ts'
import { CHALLENGE } from '../../server/challenge/challenge.ts'
import { toApprovalView } from '../../server/challenge/views.ts'
import type { AuthenticatingChallenge } from '../../server/mfa/authentication/authentication.ts'
import { askByDevice } from '../../server/mfa/authentication/by-device.ts'
import { selectDevice } from '../../server/mfa/authentication/change-authentication.ts'
import { checkOtp } from '../../server/mfa/authentication/check-otp.ts'
import { createAuthentication } from '../../server/mfa/authentication/create-authentication.ts'
import { getAuthentication } from '../../server/mfa/authentication/move-authentication.ts'
import { offeredDevices } from '../../server/mfa/authentication/offered-devices.ts'
import { retireAuthentication } from '../../server/mfa/authentication/only-one.ts'
import { redeemAuthentication } from '../../server/mfa/authentication/redeem-authentication.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { checkAssertion } from '../../server/mfa/fido/check-assertion.ts'
import { isFido } from '../../server/mfa/fido/fido-device.ts'
import { claimPairingKey } from '../../server/mfa/pairing/claim-pairing-key.ts'
import { createPairingKey } from '../../server/mfa/pairing/manage-pairing-keys.ts'
import { activateDevice } from '../../server/mfa/users/activate-device.ts'
import { createDevice } from '../../server/mfa/users/create-device.ts'
import { deleteUser } from '../../server/mfa/users/manage-user.ts'
import { readUser } from '../../server/mfa/users/user.ts'
import type { DeviceView, PairedView } from '../../server/protocol/mfa.ts'
import { defineKind, StoreUnavailable } from '../../server/store/store.ts'
import { Phone } from '../support/phone.ts'
import { SoftAuthenticator } from '../support/soft-authenticator.ts'
import { createEngine } from './engine.ts'

/*
 * The only authentication of a user's, and a hub that dies, or stands still, between the user's document and the
 * challenges: at no moment do two of them prove anything.
 */

const USER = 'ada'
const ORIGIN = 'https://login.example.com'
let context: MfaContext
/** Asked before a document of a kind is saved: it may wait, do something else, or throw. */
let before: (kind: string) => Promise<void> | void

beforeEach(() => {
  before = () => undefined
  context = createEngine(({ name }) => before(name), { origins: () => [ORIGIN] })
})

const dies = () => {
  throw new StoreUnavailable('gone')
}
const create = (key?: string, more: object = {}) =>
  createAuthentication(
    context,
    { user: { id: USER }, testMode: true, ...more },
    key === undefined ? undefined : { what: 'things', caller: 'shop', key },
    { isSole: true },
  )
const kept = ({ id }: { readonly id: string }) =>
  context.challenges.store.read(CHALLENGE, id) as Promise<AuthenticatingChallenge | undefined>
const withEmail = () => createDevice(context, USER, { type: 'EMAIL', email: 'ada@example.com', status: 'ACTIVE' })

/** Names the user's next one, and dies before its challenge is there. */
async function nameAnother(): Promise<void> {
  before = (kind) => (kind === 'challenge' ? dies() : undefined)
  await expect(create()).rejects.toBeInstanceOf(StoreUnavailable)
  before = () => undefined
}

/** Opens the user's next one, and dies before the one before is cancelled. @param key what it can be repeated by */
async function openAnother(key?: string): Promise<void> {
  let opened = 0
  before = (kind) => (kind === 'challenge' && ++opened > 1 ? dies() : undefined)
  await expect(create(key)).rejects.toBeInstanceOf(StoreUnavailable)
  before = () => undefined
}

async function pairedPhone(): Promise<Phone> {
  const phone = new Phone()
  const { code } = await createPairingKey(context, USER, {})
  const device = { name: 'A phone', application: { id: 'assent' } }
  const claim = { code, publicKey: phone.publicKey, signature: phone.claimSignature(code), device }
  const paired = await claimPairingKey(context, claim)
  phone.paired = { device: { id: paired.device.id } as DeviceView } as PairedView
  return phone
}

/** What a phone that shows a question says to it. */
async function approve(phone: Phone, asked: AuthenticatingChallenge) {
  const now = context.challenges.store.now()
  const number = asked.numberMatching?.number ?? ''
  const shown = toApprovalView(asked, now)
  const said = { decision: 'approve', number, signature: phone.statement('approve', shown, { number }) }
  const [paired] = (await context.challenges.store.read(APPROVER, USER))?.devices ?? []
  return decide(context.challenges, { user: USER, device: phone.id, paired }, asked.id, said)
}

describe.each([
  ['before the newer one is there', nameAnother],
  ['before the older one is cancelled', openAnother],
])('a hub that dies %s: the older one is open still, and', (_when, replace) => {
  it('its code proves nothing, and ends it', async () => {
    await withEmail()
    const { challenge, otp = '' } = await create()
    await replace()
    expect(await kept(challenge)).toMatchObject({ complete: false, version: challenge.version })
    await expect(checkOtp(context, challenge.id, { otp })).rejects.toMatchObject({
      details: [{ code: 'AUTHENTICATION_COMPLETE' }],
    })
    expect(await kept(challenge)).toMatchObject({ status: 'cancelled', complete: true })
  })

  it('a phone’s approval of it is none', async () => {
    const phone = await pairedPhone()
    const { challenge } = await create()
    await replace()
    await expect(approve(phone, challenge)).rejects.toMatchObject({ code: 'challenge_complete' })
    expect(await kept(challenge)).toMatchObject({ status: 'cancelled', complete: true })
  })

  it('an assertion proves nothing', async () => {
    const { device } = await createDevice(context, USER, { type: 'FIDO2' })
    if (!isFido(device)) throw new Error('no FIDO device')
    const key = new SoftAuthenticator()
    const attestation = key.create(JSON.stringify(device.creation))
    await activateDevice(context, USER, device.id, { attestation, origin: ORIGIN })
    const { challenge } = await create()
    const assertion = key.get(JSON.stringify(challenge.authentication.kept.assertion))
    await replace()
    await expect(checkAssertion(context, challenge.id, { assertion, origin: ORIGIN })).rejects.toMatchObject({
      details: [{ code: 'AUTHENTICATION_COMPLETE' }],
    })
    expect(await kept(challenge)).toMatchObject({ status: 'cancelled' })
  })

  it('no device can be asked for it', async () => {
    const { device } = await withEmail()
    const { challenge } = await create()
    await replace()
    await expect(selectDevice(context, challenge.id, { device: { id: device.id } })).rejects.toMatchObject({
      details: [{ code: 'AUTHENTICATION_COMPLETE' }],
    })
  })

  it('whoever looks at it ends it, so that whoever waits on it is told', async () => {
    await withEmail()
    const { challenge } = await create()
    await replace()
    const seen = await getAuthentication(context, challenge.id)
    expect(seen).toMatchObject({ status: 'cancelled', authentication: { kept: { cancelReason: 'REPLACED' } } })
    expect(await kept(challenge)).toEqual(seen)
  })
})

it('what was proven before is redeemed no more', async () => {
  await withEmail()
  const { challenge, otp = '' } = await create()
  const proven = await checkOtp(context, challenge.id, { otp })
  await nameAnother()
  expect(await redeemAuthentication(context, proven)).toBe('replaced')
})

it('an approval that was under way when the newer one was named stands, and is redeemed no more', async () => {
  const phone = await pairedPhone()
  const { challenge } = await create()
  // It has been looked at, and is about to be saved.
  before = async (kind) => {
    if (kind !== 'challenge') return
    await nameAnother()
  }
  await approve(phone, challenge)
  const approved = await kept(challenge)
  expect(approved).toMatchObject({ status: 'approved', complete: true })
  expect(approved && (await redeemAuthentication(context, approved))).toBe('replaced')
})

it('a code that was looked at while the user got a newer one proves nothing, and is not spent', async () => {
  await withEmail()
  const { challenge, otp = '' } = await create()
  before = async (kind) => {
    if (kind === 'user') await nameAnother()
  }
  await expect(checkOtp(context, challenge.id, { otp })).rejects.toMatchObject({
    details: [{ code: 'AUTHENTICATION_COMPLETE' }],
  })
  expect(await kept(challenge)).toMatchObject({ status: 'started' })
  expect((await readUser(context, USER)).tries ?? []).toEqual([])
})

it('an assertion that was looked at while the user got a newer one proves nothing, and is not counted', async () => {
  const { device } = await createDevice(context, USER, { type: 'FIDO2' })
  if (!isFido(device)) throw new Error('no FIDO device')
  const key = new SoftAuthenticator()
  const attestation = key.create(JSON.stringify(device.creation))
  await activateDevice(context, USER, device.id, { attestation, origin: ORIGIN })
  const { challenge } = await create()
  const { devices } = await readUser(context, USER)
  const assertion = key.get(JSON.stringify(challenge.authentication.kept.assertion))
  before = async (kind) => {
    if (kind === 'user') await nameAnother()
  }
  await expect(checkAssertion(context, challenge.id, { assertion, origin: ORIGIN })).rejects.toMatchObject({
    details: [{ code: 'AUTHENTICATION_COMPLETE' }],
  })
  expect(await kept(challenge)).toMatchObject({ status: 'started' })
  expect((await readUser(context, USER)).devices).toEqual(devices)
})

it('one that is opened late, when a newer one is there already, cancels itself and sends nothing', async () => {
  await withEmail()
  const sent: string[] = []
  context = createEngine(({ name }) => before(name), {
    carriers: { EMAIL: { deliver: async ({ to }) => void sent.push(to) } },
  })
  await withEmail()
  let newer: AuthenticatingChallenge | undefined
  before = async (kind) => {
    if (kind !== 'challenge') return
    before = () => undefined
    newer = (await create()).challenge
  }
  const { challenge } = await create(undefined, { testMode: false })
  expect(challenge).toMatchObject({ status: 'cancelled', complete: true })
  expect(sent).toEqual([])
  expect(newer && (await kept(newer))).toMatchObject({ status: 'started', complete: false })
})

it('a creation that is repeated cancels what it had no time for', async () => {
  await withEmail()
  const { challenge: older } = await create()
  await openAnother('k')
  expect(await kept(older)).toMatchObject({ complete: false })
  const { challenge } = await create('k')
  expect(await kept(older)).toMatchObject({ status: 'cancelled' })
  expect(await kept(challenge)).toMatchObject({ complete: false })
})

it('the next one cancels what the one before it had no time for', async () => {
  await withEmail()
  const { challenge: oldest } = await create()
  await openAnother()
  await create()
  expect(await kept(oldest)).toMatchObject({ status: 'cancelled' })
})

it('a creation that is repeated takes nobody’s place once more', async () => {
  await withEmail()
  // It is named, and never opened.
  before = (kind) => (kind === 'challenge' ? dies() : undefined)
  await expect(create('k')).rejects.toBeInstanceOf(StoreUnavailable)
  before = () => undefined
  const { challenge: newer } = await create()
  await expect(create('k')).rejects.toMatchObject({ details: [{ code: 'AUTHENTICATION_COMPLETE' }] })
  expect(await kept(newer)).toMatchObject({ status: 'started', complete: false, version: newer.version })
  // Nor does one that was opened.
  const { challenge: last } = await create('l')
  await create()
  expect((await create('l')).challenge).toMatchObject({ id: last.id, status: 'cancelled' })
})

it('one that was retired does not count, however it stands, and can not come back', async () => {
  await withEmail()
  const { challenge } = await create('k')
  await retireAuthentication(context, challenge)
  expect(await kept(challenge)).toMatchObject({ status: 'cancelled' })
  const { challenge: second, otp = '' } = await create()
  const proven = await checkOtp(context, second.id, { otp })
  await retireAuthentication(context, proven)
  expect(await redeemAuthentication(context, proven)).toBe('replaced')
  expect(await kept(second)).toEqual(proven)
})

it('what is left of a deleted user’s proves nothing', async () => {
  const phone = await pairedPhone()
  const { challenge } = await create()
  await deleteUser(context, USER)
  await expect(approve(phone, challenge)).rejects.toThrow()
  expect(await getAuthentication(context, challenge.id)).toMatchObject({ status: 'cancelled' })
})

it('what was redeemed stays so for as long as its challenge can be read', async () => {
  await withEmail()
  const { challenge, otp = '' } = await create()
  const proven = await checkOtp(context, challenge.id, { otp })
  expect(await redeemAuthentication(context, proven)).toBe('redeemed')
  const redemption = await context.challenges.store.read(defineKind('redemption'), challenge.id)
  expect(redemption?.purgeAt).toBeGreaterThan(proven.purgeAt)
})

it('asks a device that is asked already once more', async () => {
  const { device } = await withEmail()
  const { challenge } = await create()
  const { selected } = await offeredDevices(context, challenge)
  if (selected?.id !== device.id) throw new Error('it is not asked')
  const again = await askByDevice(context, challenge, selected)
  expect(again.authentication.kept.code?.digest).not.toBe(challenge.authentication.kept.code?.digest)
})
