import { beforeEach, expect, it } from 'vitest'
import { selectDevice } from '../../server/mfa/authentication/change-authentication.ts'
import { createAuthentication } from '../../server/mfa/authentication/create-authentication.ts'
import { getAuthentication } from '../../server/mfa/authentication/move-authentication.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { checkAssertion } from '../../server/mfa/fido/check-assertion.ts'
import { findOwner } from '../../server/mfa/fido/credential-owner.ts'
import { isFido } from '../../server/mfa/fido/fido-device.ts'
import { activateDevice } from '../../server/mfa/users/activate-device.ts'
import { createDevice } from '../../server/mfa/users/create-device.ts'
import { deleteDevice, deleteUser, getDevice } from '../../server/mfa/users/manage-user.ts'
import { StoreUnavailable } from '../../server/store/store.ts'
import { SoftAuthenticator } from '../support/soft-authenticator.ts'
import { createEngine } from './engine.ts'

/* A hub that dies between two of the documents that a FIDO device's answer changes. */

const USER = 'ada'
const ORIGIN = 'https://login.example.com'
let context: MfaContext
/** The kind of document that can not be saved at the moment. */
let cut = ''
/** What somebody else does while a user is being saved. */
let meanwhile: (() => Promise<unknown>) | undefined

beforeEach(() => {
  cut = ''
  const interfere = async ({ name }: { readonly name: string }) => {
    if (name === 'user' && meanwhile) {
      const act = meanwhile
      meanwhile = undefined
      await act()
    }
    if (name === cut) throw new StoreUnavailable('gone')
  }
  context = createEngine(interfere, { origins: () => [ORIGIN] })
})

async function waiting(user = USER) {
  const { device } = await createDevice(context, user, { type: 'FIDO2' })
  if (!isFido(device)) throw new Error('no FIDO device')
  return { id: device.id, options: JSON.stringify(device.creation) }
}

/** An authentication whose assertion has been counted, and not granted. */
async function spentNotGranted(wanted: object, always: object = {}) {
  const { id: device, options } = await waiting()
  const key = new SoftAuthenticator(always)
  await activateDevice(context, USER, device, { attestation: key.create(options), origin: ORIGIN })
  const { challenge } = await createAuthentication(context, wanted)
  const now = async () => (await getAuthentication(context, challenge.id)).authentication
  const request = async () => JSON.stringify((await now()).kept.assertion)
  const check = (assertion: string) => checkAssertion(context, challenge.id, { assertion, origin: ORIGIN })
  const assertion = key.get(await request())
  cut = 'challenge'
  await expect(check(assertion)).rejects.toBeInstanceOf(StoreUnavailable)
  cut = ''
  expect((await now()).step.status).toBe('ASSERTION_REQUIRED')
  return { id: challenge.id, device, key, assertion, request, check, now }
}

const invalid = { details: [{ code: 'INVALID_ASSERTION' }] }

it.each([
  ['of a user', { user: { id: USER } }, {}],
  ['of whoever it is', { usernameLess: true }, {}],
  ['that is not counted', { user: { id: USER } }, { counter: 0 }],
])('an assertion %s is granted when it is said again', async (_what, wanted, always) => {
  const { assertion, check, now, device } = await spentNotGranted(wanted, always)
  await check(assertion)
  expect(await now()).toMatchObject({ step: { status: 'COMPLETED' }, kept: { user: USER, device } })
})

it('a later one is granted as well, and none that counts less', async () => {
  const { key, request, check, now } = await spentNotGranted({ user: { id: USER } })
  await expect(check(key.get(await request(), { counter: 1 }))).rejects.toMatchObject(invalid)
  await check(key.get(await request(), { counter: 2 }))
  expect((await now()).step.status).toBe('COMPLETED')
})

it('it is no answer to what is asked since, nor in another authentication', async () => {
  const { id, device, assertion, check, now } = await spentNotGranted({ user: { id: USER } })
  const { challenge: other } = await createAuthentication(context, { user: { id: USER } })
  const elsewhere = checkAssertion(context, other.id, { assertion, origin: ORIGIN })
  await expect(elsewhere).rejects.toMatchObject(invalid)
  await selectDevice(context, id, { device: { id: device } })
  await expect(check(assertion)).rejects.toMatchObject(invalid)
  expect((await now()).step.status).toBe('ASSERTION_REQUIRED')
})

it('it is no answer to what is asked while it is being counted', async () => {
  const { id: device, options } = await waiting()
  const key = new SoftAuthenticator()
  await activateDevice(context, USER, device, { attestation: key.create(options), origin: ORIGIN })
  const { challenge } = await createAuthentication(context, { user: { id: USER } })
  const assertion = key.get(JSON.stringify(challenge.authentication.kept.assertion))
  meanwhile = () => selectDevice(context, challenge.id, { device: { id: device } })
  await expect(checkAssertion(context, challenge.id, { assertion, origin: ORIGIN })).rejects.toMatchObject(invalid)
  expect((await getAuthentication(context, challenge.id)).authentication.step.status).toBe('ASSERTION_REQUIRED')
})

it.each([
  ['a device', deleteDevice],
  ['a user', deleteUser],
])('of %s that is deleted nothing is left: nobody learns whose the credential was', async (_what, remove) => {
  const { id, options } = await waiting()
  const key = new SoftAuthenticator()
  await activateDevice(context, USER, id, { attestation: key.create(options), origin: ORIGIN })
  expect(await findOwner(context, key.id)).toMatchObject({ user: USER, device: id })
  await remove(context, USER, id)
  expect(await findOwner(context, key.id)).toMatchObject({ user: '', device: '' })
})

it('nothing is granted that could not be counted', async () => {
  const { id: device, options } = await waiting()
  const key = new SoftAuthenticator()
  await activateDevice(context, USER, device, { attestation: key.create(options), origin: ORIGIN })
  const { challenge } = await createAuthentication(context, { user: { id: USER } })
  const assertion = key.get(JSON.stringify(challenge.authentication.kept.assertion))
  cut = 'user'
  const checked = checkAssertion(context, challenge.id, { assertion, origin: ORIGIN })
  await expect(checked).rejects.toBeInstanceOf(StoreUnavailable)
  expect((await getAuthentication(context, challenge.id)).authentication.step.status).toBe('ASSERTION_REQUIRED')
})

it('a device whose activation was cut short is activated by the same attestation, or by another', async () => {
  for (const again of [(key: SoftAuthenticator) => key, () => new SoftAuthenticator()]) {
    const { id, options } = await waiting()
    const key = new SoftAuthenticator()
    cut = 'user'
    const activated = activateDevice(context, USER, id, { attestation: key.create(options), origin: ORIGIN })
    await expect(activated).rejects.toBeInstanceOf(StoreUnavailable)
    cut = ''
    // What it was about to get is nobody else's meanwhile.
    const other = await waiting('bob')
    const stolen = { attestation: new SoftAuthenticator({ id: key.id }).create(other.options), origin: ORIGIN }
    await expect(activateDevice(context, 'bob', other.id, stolen)).rejects.toMatchObject({
      mfa: 'UNIQUENESS_VIOLATION',
    })
    await activateDevice(context, USER, id, { attestation: again(key).create(options), origin: ORIGIN })
    expect((await getDevice(context, USER, id)).status).toBe('ACTIVE')
  }
})
