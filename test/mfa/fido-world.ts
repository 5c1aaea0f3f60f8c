import { expect } from 'vitest'
import type { AuthenticationView, DeviceView } from '../../server/protocol/mfa.ts'
import type { RunningHub } from '../support/hub.ts'
import { type Behaviour, SoftAuthenticator } from '../support/soft-authenticator.ts'
import { act, addDevice, devicesOf, mfa, newUser, type World } from './world.ts'

export const ORIGIN = 'https://login.example.com'

/** Nobody's key, on a stick. */
export const STICK = { attachment: 'cross-platform', transports: ['usb', 'nfc'] } as const

/** A user with a FIDO device that is theirs. */
export interface Registered {
  readonly user: { readonly id: string }
  readonly device: DeviceView
  readonly key: SoftAuthenticator
}

/** What tests of FIDO devices do over and over. */
export function fidoOf(world: World) {
  const activate = (device: DeviceView, attestation: string, origin = ORIGIN, hub = world.other) =>
    act<DeviceView>(hub, `${devicesOf(device.user.id)}/${device.id}`, 'device.activate', { attestation, origin })

  const register = async (user = newUser(), body: object = {}, behaviour: Partial<Behaviour> = {}) => {
    const made = await addDevice(world.one, user, { type: 'FIDO2', ...body })
    const key = new SoftAuthenticator(behaviour)
    const attestation = key.create(made.publicKeyCredentialCreationOptions)
    const { origin = ORIGIN } = behaviour
    const { status, text, body: device } = await activate(made, attestation, origin)
    expect(text).toContain('"ACTIVE"')
    expect(status).toBe(200)
    return { user: { id: user }, device, key } satisfies Registered
  }

  const begin = (body: object, hub = world.one, headers = {}) =>
    mfa<AuthenticationView>(hub, 'POST', '/v1/deviceAuthentications', body, { headers })
  const begun = async (body: object) => {
    const { status, text, body: authentication } = await begin(body)
    expect(text).toContain('"id"')
    expect(status).toBe(201)
    return authentication
  }
  const does = ({ id }: AuthenticationView, action: string, body: object = {}, hub: RunningHub = world.other) =>
    act<AuthenticationView>(hub, `/v1/deviceAuthentications/${id}`, action, body)
  const check = (authentication: AuthenticationView, assertion: string, more: object = {}, hub?: RunningHub) =>
    does(authentication, 'assertion.check', { assertion, origin: ORIGIN, ...more }, hub)
  const read = async ({ id }: AuthenticationView) =>
    (await mfa<AuthenticationView>(world.one, 'GET', `/v1/deviceAuthentications/${id}`)).body
  const readDevice = async ({ user, id }: DeviceView) =>
    (await mfa<DeviceView>(world.one, 'GET', `${devicesOf(user.id)}/${id}`)).body
  const policyWith = async (words: object) =>
    (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', { name: newUser(), ...words })).body.id as string

  return { activate, register, begin, begun, does, check, read, readDevice, policyWith }
}

/** What a browser is told. */
export function asked({ publicKeyCredentialRequestOptions: options = '{}' }: AuthenticationView) {
  return JSON.parse(options) as {
    challenge: string
    rpId: string
    userVerification: string
    timeout: number
    allowCredentials: { id: string; type: string; transports?: string[] }[]
  }
}
