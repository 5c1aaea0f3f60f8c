import { beforeEach, expect, it } from 'vitest'
import { APPROVER } from '../../server/challenge/approver.ts'
import { decide } from '../../server/challenge/capabilities.ts'
import { listApprovals } from '../../server/challenge/list-approvals.ts'
import { toApprovalView } from '../../server/challenge/views.ts'
import { selectDevice } from '../../server/mfa/authentication/change-authentication.ts'
import { createAuthentication } from '../../server/mfa/authentication/create-authentication.ts'
import type { MfaContext } from '../../server/mfa/context.ts'
import { claimPairingKey } from '../../server/mfa/pairing/claim-pairing-key.ts'
import { renewDeviceToken } from '../../server/mfa/pairing/device-token.ts'
import { createPairingKey } from '../../server/mfa/pairing/manage-pairing-keys.ts'
import { deleteDevice, getDevice } from '../../server/mfa/users/manage-user.ts'
import { readUser } from '../../server/mfa/users/user.ts'
import type { DeviceView, PairedView } from '../../server/protocol/mfa.ts'
import { StoreUnavailable } from '../../server/store/store.ts'
import { Phone } from '../support/phone.ts'
import { createEngine } from './engine.ts'

/* A hub that dies between two documents: what is left can be completed, and opens no door. */

const USER = 'ada'
let context: MfaContext
/** The kind of document that can not be saved at the moment. */
let cut = ''
/** What somebody else does right before a document of a kind is saved. */
let meanwhile: { readonly kind: string; readonly act: () => Promise<unknown> } | undefined

beforeEach(() => {
  cut = ''
  context = createEngine(async ({ name }) => {
    const now = meanwhile
    if (now?.kind === name) {
      meanwhile = undefined
      await now.act()
    }
    if (name === cut) throw new StoreUnavailable('gone')
  })
})

const claimOf = async (phone: Phone) => {
  const { code } = await createPairingKey(context, USER, {})
  const device = { name: 'A phone', application: { id: 'assent' } }
  return { code, publicKey: phone.publicKey, signature: phone.claimSignature(code), device }
}
const paired = async () => {
  const phone = new Phone()
  const { device } = await claimPairingKey(context, await claimOf(phone))
  phone.paired = {
    device: { id: device.id } as DeviceView,
    environment: { id: await context.environment.id() },
  } as PairedView
  return phone
}
const recordOf = () => context.challenges.store.read(APPROVER, USER)

it.each(['user', 'device-owner', 'approver'])(
  'a claim that dies before its %s is saved can be said again',
  async (kind) => {
    const phone = new Phone()
    const claim = await claimOf(phone)
    cut = kind
    await expect(claimPairingKey(context, claim)).rejects.toThrow(StoreUnavailable)
    expect((await recordOf())?.devices ?? []).toEqual([])
    cut = ''
    const { device } = await claimPairingKey(context, claim)
    expect((await recordOf())?.devices).toMatchObject([{ id: device.id, thumbprint: phone.thumbprint }])
    expect((await getDevice(context, USER, device.id)).status).toBe('ACTIVE')
  },
)

it('a device that is deleted while it is being paired has no key that is good', async () => {
  const phone = new Phone()
  const claim = await claimOf(phone)
  meanwhile = {
    kind: 'approver',
    act: async () => deleteDevice(context, USER, (await deviceIds())[0] ?? ''),
  }
  await expect(claimPairingKey(context, claim)).rejects.toThrow('There is no such resource')
  expect((await recordOf())?.devices ?? []).toEqual([])
  expect(await deviceIds()).toEqual([])
})

it('a device that is paired while it is being deleted has none, either', async () => {
  const claim = await claimOf(new Phone())
  cut = 'approver'
  await expect(claimPairingKey(context, claim)).rejects.toThrow(StoreUnavailable)
  cut = ''
  const [id = ''] = await deviceIds()
  meanwhile = { kind: 'user', act: () => claimPairingKey(context, claim) }
  await deleteDevice(context, USER, id)
  expect((await recordOf())?.devices).toEqual([])
})

it('a deletion that dies half way leaves a device that can do nothing, and can be said again', async () => {
  const phone = await paired()
  cut = 'user'
  await expect(deleteDevice(context, USER, phone.id)).rejects.toThrow(StoreUnavailable)
  expect((await recordOf())?.devices).toEqual([])
  await expect(renewDeviceToken(context, phone.id, { proof: phone.proof() })).rejects.toThrow('no such resource')
  cut = ''
  await deleteDevice(context, USER, phone.id)
  expect(await deviceIds()).toEqual([])
})

it('a question whose challenge could not be saved is nobody’s, and can be asked again', async () => {
  const phone = await paired()
  const { challenge } = await createAuthentication(context, { user: { id: USER }, retryable: true })
  const [shown] = await listApprovals(context.challenges, USER)
  if (!shown) throw new Error('nothing is asked')
  const now = context.challenges.store.now()
  const said = { signature: phone.statement('deny', toApprovalView(shown, now)), decision: 'deny' }
  const [key] = (await recordOf())?.devices ?? []
  await decide(context.challenges, { user: USER, device: phone.id, paired: key }, challenge.id, said)
  expect(await listApprovals(context.challenges, USER)).toEqual([])
  cut = 'challenge'
  await expect(selectDevice(context, challenge.id, { device: { id: phone.id } })).rejects.toThrow(StoreUnavailable)
  expect(await listApprovals(context.challenges, USER)).toEqual([])
  cut = ''
  await selectDevice(context, challenge.id, { device: { id: phone.id } })
  expect(await listApprovals(context.challenges, USER)).toHaveLength(1)
})

async function deviceIds(): Promise<string[]> {
  return (await readUser(context, USER)).devices.map(({ id }) => id)
}
