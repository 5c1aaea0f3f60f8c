import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AuthenticationView, DeviceView } from '../../server/protocol/mfa.ts'
import { act, addDevice, devicesOf, mfa, newUser } from '../mfa/world.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { DESK, launchBrowser, newDevice } from './browser.ts'

/* A real browser, with an authenticator that it takes for a built-in one, in the words of server/mfa/README.md. */

let browser: Browser
let hub: RunningHub
let origin: string

beforeAll(async () => {
  ;[browser, hub] = await Promise.all([launchBrowser(), startHub()])
  origin = hub.url.replace('127.0.0.1', 'localhost')
})

afterAll(async () => {
  await browser?.close()
  await hub?.stop()
})

/** A page of the hub's own, and somebody in front of it who touches what they are asked to. */
async function openPage(transport: 'internal' | 'usb'): Promise<Page> {
  const page = await newDevice(browser, DESK)
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = { transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true } as const
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ...options } })
  await page.goto(`${origin}/health`)
  return page
}

const create = (page: Page, options = '') =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(json))
    return JSON.stringify(await navigator.credentials.create({ publicKey }))
  }, options)

const get = (page: Page, options = '') =>
  page.evaluate(async (json) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(json))
    return JSON.stringify(await navigator.credentials.get({ publicKey }))
  }, options)

it.each([
  ['FIDO2', 'internal', false],
  ['PLATFORM', 'internal', false],
  ['SECURITY_KEY', 'usb', true],
] as const)(
  'registers a %s, and proves with it who is there, named or not',
  async (type, transport, isCrossPlatform) => {
    const page = await openPage(transport)
    const user = newUser()
    const waiting = await addDevice(hub, user, { type })
    const attestation = await create(page, waiting.publicKeyCredentialCreationOptions)
    const path = `${devicesOf(user)}/${waiting.id}`
    const { body: device } = await act<DeviceView>(hub, path, 'device.activate', { attestation, origin })
    expect(device).toMatchObject({ status: 'ACTIVE', attributes: { previousDeviceType: type, isCrossPlatform } })

    for (const wanted of [{ user: { id: user } }, { usernameLess: true }]) {
      const { body: begun } = await mfa<AuthenticationView>(hub, 'POST', '/v1/deviceAuthentications', wanted)
      const assertion = await get(page, begun.publicKeyCredentialRequestOptions)
      const said = { assertion, origin }
      const { body } = await act<AuthenticationView>(
        hub,
        `/v1/deviceAuthentications/${begun.id}`,
        'assertion.check',
        said,
      )
      expect(body).toMatchObject({ status: 'COMPLETED', user: { id: user }, selectedDevice: { id: device.id } })
    }

    const second = await addDevice(hub, user, { type })
    const refused = create(page, second.publicKeyCredentialCreationOptions)
    await expect(refused).rejects.toThrow(/InvalidStateError/)
  },
)
