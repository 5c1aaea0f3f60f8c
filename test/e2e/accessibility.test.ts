import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { violations } from './axe.ts'
import { launchBrowser } from './browser.ts'
import { givePhone } from './first-phone.ts'
import { approveOn, focusedText, openBank, openPhone } from './screens.ts'

let browser: Browser
let hub: HubProcess
let demo: string

beforeAll(async () => {
  ;[browser, hub] = await Promise.all([launchBrowser(), spawnHub()])
  demo = `${hub.url}/demo/`
})

afterAll(async () => {
  await browser?.close()
  await hub?.stop()
})

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  const options = { colorScheme }
  const user = `anna-${colorScheme}`

  it('has no accessibility violation on any state of either screen', async () => {
    const bank = await openBank(browser, demo, options)
    const phone = await openPhone(browser, demo, user, options)
    const found: Record<string, string[]> = {}
    const look = async (state: string, page: Page) => {
      found[state] = await violations(page)
    }
    await look('sign-in', bank.page)
    await look('nothing asked', phone.page)

    await bank.signIn(user)
    await phone.requests.waitFor()
    await look('waiting', bank.page)
    await look('asked', phone.page)
    await approveOn(phone, '1')
    await look('complaining', phone.page)
    await approveOn(phone, await bank.number())
    await bank.wait.getByText(/^Approved/).waitFor()
    await look('approved', bank.page)
    await phone.heading.waitFor()
    await look('answered', phone.page)
    await bank.heading.getByText('Welcome').waitFor()
    await look('welcome', bank.page)

    const send = bank.page.getByRole('button', { name: 'Send' })
    await bank.page.getByLabel('Amount').fill('nothing')
    await send.click()
    await bank.page.getByText('An amount looks like').waitFor()
    await look('complaining of an amount', bank.page)
    await bank.page.getByLabel('Amount').fill('12.50')
    await send.click()
    await phone.requests.waitFor()
    await look('to be approved', bank.page)
    await look('asked for money', phone.page)
    await approveOn(phone, await bank.number())
    await bank.heading.getByText('Sent', { exact: true }).waitFor()
    await look('sent', bank.page)
    await bank.page.getByRole('button', { name: 'Back to your account' }).click()
    await bank.page.locator('#sent li').waitFor()
    await look('after it was sent', bank.page)

    await bank.page.getByRole('button', { name: 'Security' }).click()
    await bank.page.getByRole('button', { name: 'Add a device' }).click()
    await bank.page.getByRole('button', { name: 'A code app' }).click()
    await bank.heading.getByText('Set up your code app').waitFor()
    const secret = (await bank.page.locator('#add-secret-text').textContent())?.replaceAll(' ', '') ?? ''
    await bank.page.getByRole('textbox', { name: 'Code', exact: true }).fill(new TOTP({ secret }).generate())
    await bank.page.getByRole('button', { name: 'Continue' }).click()
    await bank.heading.getByText('Security').waitFor()
    await bank.page.getByRole('button', { name: 'Back' }).click()
    await send.click()
    await bank.heading.getByText('Approve the transfer').waitFor()
    await look('choosing how to approve', bank.page)
    await bank.page.getByRole('button', { name: 'Cancel' }).click()
    await bank.heading.getByText('Transfer cancelled').waitFor()
    await look('not sent', bank.page)
    await bank.page.getByRole('button', { name: 'Back to your account' }).click()

    await bank.page.getByRole('button', { name: 'Sign out' }).click()
    await bank.signIn(user)
    await phone.deny.click()
    await bank.heading.getByText('Sign-in denied').waitFor()
    await look('denied', bank.page)
    await phone.heading.waitFor()
    await look('has denied', phone.page)
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((state) => [state, []])))
  })
})

it('can be done with the keyboard alone, on both screens', async () => {
  const bank = await openBank(browser, demo)
  const phone = await openPhone(browser, demo, 'jana', { isMobile: false, hasTouch: false })
  const [desk, hand] = [bank.page.keyboard, phone.page.keyboard]

  await desk.press('Tab')
  await desk.press('ControlOrMeta+a')
  await desk.type('jana')
  await desk.press('Enter')
  await phone.requests.waitFor()
  await hand.press('Tab')
  await hand.type(await bank.number())
  // On to "Approve", and past it: the answer "no" is the next stop, no further away.
  await hand.press('Tab')
  expect(await focusedText(phone.page)).toBe('Approve')
  await hand.press('Tab')
  expect(await focusedText(phone.page)).toBe('No, this isn’t me')
  await hand.press('Shift+Tab')
  await hand.press('Enter')

  await bank.heading.getByText('Welcome, Jana').waitFor()
  await phone.heading.waitFor()
  await hand.press('Tab')
  await hand.press('Enter')
  await phone.page.getByRole('heading', { name: 'Nothing to answer' }).waitFor()
  expect(await focusedText(phone.page)).toBe('Nothing to answer')
  await desk.press('Tab')
  await desk.press('Enter')
  await bank.heading.getByText('Sign in').waitFor()
})

it('gives both answers on the phone the same size', async () => {
  const bank = await openBank(browser, demo)
  const phone = await openPhone(browser, demo, 'kurt')
  await bank.signIn('kurt')
  const [approve, deny] = await Promise.all([phone.approve.boundingBox(), phone.deny.boundingBox()])
  expect(deny?.width).toBeCloseTo(approve?.width ?? 0, 1)
  expect(deny?.height).toBeCloseTo(approve?.height ?? 0, 1)
})

it('turns its spinner, but not for those who asked for calm', async () => {
  const animation = async (reducedMotion: 'reduce' | 'no-preference') => {
    await givePhone(demo, `lena-${reducedMotion}`)
    const bank = await openBank(browser, demo, { reducedMotion })
    await bank.signIn(`lena-${reducedMotion}`)
    return bank.wait.locator('circle').evaluate((circle) => getComputedStyle(circle).animationName)
  }
  expect(await animation('reduce')).toBe('none')
  expect(await animation('no-preference')).toBe('turn')
})
