import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { DESK, newDevice, PHONE } from './browser.ts'
import { pairingCode } from './first-phone.ts'

/** The bank's page on a desk, as a person uses it. */
export interface Bank {
  readonly page: Page
  /** Types the name, presses the button, and waits until it waits. */
  signIn(user: string): Promise<void>
  /** The digits to type on the phone, once they are shown. */
  number(): Promise<string>
  readonly wait: Locator
  readonly connection: Locator
  /** The heading of what is shown now. */
  readonly heading: Locator
}

export async function openBank(
  browser: Browser,
  demoUrl: string,
  { query = '', ...options }: BrowserContextOptions & { query?: string } = {},
): Promise<Bank> {
  const page = await newDevice(browser, { ...DESK, ...options })
  await page.goto(demoUrl + query)
  const shown = page.locator('assent-waiting [part=number]')
  return {
    page,
    async signIn(user) {
      await page.getByLabel('User name').fill(user)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await shown.waitFor()
    },
    async number() {
      await shown.waitFor()
      return (await shown.textContent())?.replaceAll(' ', '') ?? ''
    },
    wait: page.locator('assent-waiting'),
    connection: page.locator('assent-waiting [part=connection]'),
    heading: page.locator('main h1:visible'),
  }
}

/** The phone's page. */
export interface Phone {
  readonly page: Page
  /** The heading of the whole page. */
  readonly title: Locator
  /** The questions on it. */
  readonly requests: Locator
  readonly number: Locator
  readonly approve: Locator
  readonly deny: Locator
  readonly heading: Locator
}

/** The first phone of somebody, paired by the link in the QR code that the bank's page shows. */
export async function openPhone(
  browser: Browser,
  demoUrl: string,
  user: string,
  options: BrowserContextOptions = {},
): Promise<Phone> {
  const page = await newDevice(browser, { ...PHONE, ...options })
  await page.goto(`${demoUrl}phone#pair=${await pairingCode(demoUrl, user)}`)
  await page.getByRole('button', { name: 'Pair this phone' }).click()
  await page.locator('h1', { hasText: 'Nothing to answer' }).waitFor()
  return onPhone(page)
}

export function onPhone(page: Page): Phone {
  return {
    page,
    title: page.locator('h1'),
    requests: page.locator('article.request'),
    number: page.getByLabel('Number shown on your computer'),
    approve: page.getByRole('button', { name: 'Approve' }),
    deny: page.getByRole('button', { name: 'No, this isn’t me' }),
    heading: page.locator('article.settled h2'),
  }
}

export async function approveOn(phone: Phone, number: string): Promise<void> {
  await phone.number.fill(number)
  await phone.approve.click()
}

/** Two digits that are not these. */
export function wrongNumber(number: string): string {
  return number === '11' ? '22' : '11'
}

/** What has the keyboard's focus: its own text, or that of its label. */
export function focusedText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const label = element instanceof HTMLInputElement ? element.labels?.[0] : element
    return label?.textContent?.trim() ?? ''
  })
}
