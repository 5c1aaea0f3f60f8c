import { describe, expect, it } from 'vitest'
import { Phone } from '../support/phone.ts'
import { violations } from './axe.ts'
import { bankWorld } from './bank-world.ts'
import { PHONE } from './browser.ts'
import { givePhone, pairingCode } from './first-phone.ts'
import { enrolPhone, giveAuthenticator, openDesk, scanned } from './story.ts'

/* What people have, and who may change it; and every screen of the story, small and dark as well. */

const world = bankWorld()

describe('the security screen', () => {
  it('renames a device, and removes one, but never the last', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await giveAuthenticator(desk)
    const phone = await enrolPhone(world.browser, desk, 'ada')
    await desk.toSecurity()
    await desk.press('Remove: Ada’s phone')
    await desk.press('Really remove? Remove: Ada’s phone')
    await desk.page.getByRole('alert').getByText('This is the last one.').waitFor()

    await desk.press('Add a device')
    await desk.press('A passkey')
    await desk.heading.getByText('Security').waitFor()
    await desk.press('Rename: Passkey')
    await desk.type('New name', 'My laptop')
    await desk.press('Save')
    await desk.page.getByText('It is called My laptop now.').waitFor()
    expect(await desk.devices()).toEqual(['Ada’s phone', 'My laptop'])

    await desk.press('Remove: Ada’s phone')
    await desk.press('Really remove? Remove: Ada’s phone')
    await desk.page.getByText('Ada’s phone is removed.').waitFor()
    expect(await desk.devices()).toEqual(['My laptop'])
    await phone.title.getByText('This phone is no longer connected').waitFor()
  })

  it('asks once more before it removes, and forgets that it has when one goes elsewhere', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await enrolPhone(world.browser, desk, 'bea')
    await desk.toSecurity()
    await desk.press('Remove: Ada’s phone')
    await desk.page.getByText('Really remove?').waitFor()
    await desk.page.keyboard.press('Tab')
    expect(await desk.page.getByText('Really remove?').count()).toBe(0)
    expect(await desk.devices()).toEqual(['Ada’s phone'])
  })

  it('leaves nothing behind of what was begun and given up', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.signIn('cleo', 'Add a device')
    await desk.press('A phone')
    await desk.heading.getByText('Scan with your phone').waitFor()
    const code = new URLSearchParams(new URL(await scanned(desk)).hash.slice(1)).get('pair') ?? ''
    const dropped = desk.page.waitForResponse((response) => response.request().method() === 'DELETE')
    await desk.press('Another device')
    expect((await dropped).status()).toBe(204)
    expect((await new Phone().claim({ url: world.hub.url }, code)).status).toBe(404)
  })
})

describe('the bank’s backend', () => {
  const call = async (method: string, what: string, cookie = '', body?: object) => {
    const headers = { 'content-type': 'application/json', cookie }
    const response = await fetch(`${world.demo}bank/${what}`, {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
    })
    const cookies = response.headers.getSetCookie().map((each) => each.split(';', 1)[0])
    return { status: response.status, cookie: cookies.join('; ') }
  }

  it('lets a name alone add a device only while there is none', async () => {
    const newcomer = await call('POST', 'sign-ons', '', { user: 'dana' })
    expect(newcomer.cookie).toContain('harbour_newcomer=')
    await givePhone(world.demo, 'dana')
    expect(await call('POST', 'devices', newcomer.cookie, { type: 'MOBILE' })).toMatchObject({ status: 401 })
    expect(await call('GET', 'devices', newcomer.cookie)).toMatchObject({ status: 401 })
    // And who comes later is asked to prove it.
    const late = await call('POST', 'sign-ons', '', { user: 'dana' })
    expect([late.status, late.cookie]).toEqual([201, expect.not.stringContaining('newcomer')])
  })

  it('takes no cookie for another, and none that it has not made', async () => {
    const { cookie } = await call('POST', 'sign-ons', '', { user: 'edda' })
    const value = cookie.split('=')[1]
    for (const forged of [`harbour_session=${value}`, `harbour_newcomer=${value?.slice(0, -2)}AA`]) {
      expect(await call('GET', 'devices', forged)).toMatchObject({ status: 401 })
    }
    expect(await call('GET', 'sessions', `harbour_session=${value}`)).toMatchObject({ status: 204 })
  })

  it('lets nobody change what is somebody’s without a session', async () => {
    await givePhone(world.demo, 'fay')
    const { cookie } = await call('POST', 'sign-ons', '', { user: 'fay' })
    for (const [method, what, body] of [
      ['PUT', 'devices/default', { device: 'x' }],
      ['PUT', 'devices/x/name', { name: 'x' }],
      ['DELETE', 'devices/x', undefined],
      ['POST', 'devices', { type: 'EMAIL', email: 'evil@example.com' }],
    ] as const) {
      expect(await call(method, what, cookie, body)).toMatchObject({ status: 401 })
    }
  })

  it('opens no session for a phone that was paired after somebody else’s', async () => {
    const newcomer = await call('POST', 'sign-ons', '', { user: 'gwen' })
    const added = await fetch(`${world.demo}bank/devices`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', cookie: newcomer.cookie },
      body: JSON.stringify({ type: 'MOBILE' }),
    })
    const { id, code } = (await added.json()) as { id: string; code: string }
    const other = await pairingCode(world.demo, 'gwen')
    await new Phone().claim({ url: world.hub.url }, other)
    await new Phone().claim({ url: world.hub.url }, code)
    const { status, cookie } = await call('GET', `devices/pairings/${id}`, newcomer.cookie)
    expect([status, cookie]).toEqual([200, ''])
  })
})

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  it('no screen of the story has an accessibility violation, on a phone as well', async () => {
    const desk = await openDesk(world.browser, world.demo, { ...PHONE, colorScheme })
    await giveAuthenticator(desk)
    const found: Record<string, string[]> = {}
    const look = async (state: string, page = desk.page) => {
      found[state] = await violations(page)
    }
    const user = `anna-${colorScheme}`
    await desk.heading.getByText('Sign in').waitFor()
    await look('sign-in')
    await desk.signIn(user, 'Add a device')
    await look('choosing')
    await desk.press('A phone')
    await desk.heading.getByText('Scan with your phone').waitFor()
    await look('pairing')
    await desk.press('Another device')
    await desk.press('An e-mail address')
    await look('address')
    await desk.press('Another device')
    await desk.press('A code app')
    await desk.heading.getByText('Set up your code app').waitFor()
    await look('code app')
    await desk.press('Not now')

    const phone = await enrolPhone(world.browser, desk, user)
    await phone.page.getByText('Show a code').click()
    await phone.page.getByText('Sign in on a computer').click()
    await look('paired', phone.page)
    await desk.toSecurity()
    await desk.press('Add a device')
    await desk.press('A passkey')
    await desk.heading.getByText('Security').waitFor()
    await desk.press('Rename: Passkey')
    await look('security')
    await desk.press('Back')
    await desk.signOut()

    await desk.signIn(user, 'Confirm on your phone')
    await desk.page.getByText('Use another way').click()
    await look('other ways')
    await desk.press('Type the code that')
    await desk.type('Code', '1')
    await desk.press('Continue')
    await desk.problem.first().waitFor()
    await look('wrong code')
    await desk.press('Cancel')
    await desk.press('Back to sign-in')
    await desk.press('Scan a code')
    await desk.heading.getByText('Scan to sign in').waitFor()
    await look('scanning')
    const stranger = await world.browser.newContext({ ...PHONE, colorScheme })
    const page = await stranger.newPage()
    await page.goto(`${world.demo}phone`)
    await page.getByRole('button', { name: 'Pair this phone' }).waitFor()
    await look('nobody’s phone', page)
    await stranger.close()
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((state) => [state, []])))
  })
})
