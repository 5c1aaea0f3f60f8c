import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { collectTrouble, DESK, newDevice, PHONE } from './browser.ts'
import { onPhone, type Phone } from './screens.ts'

/** The bank's page, as somebody uses it who adds devices and signs in with them. */
export interface Desk {
  readonly page: Page
  readonly heading: Locator
  /** What went wrong, as it is said to the person. */
  readonly problem: Locator
  readonly trouble: readonly string[]
  press(name: string | RegExp): Promise<void>
  type(label: string, text: string): Promise<void>
  /** Gives a name and waits for what comes. */
  signIn(user: string, then: string): Promise<void>
  signOut(): Promise<void>
  /** From the page that says welcome, on to the list of devices. */
  toSecurity(): Promise<void>
  /** The devices on that list, the default one first. */
  devices(): Promise<string[]>
}

/** @param demo at a host with a name, or there are no passkeys */
export async function openDesk(browser: Browser, demo: string, options: BrowserContextOptions = {}): Promise<Desk> {
  const page = await newDevice(browser, { ...DESK, ...options })
  const trouble = collectTrouble(page)
  await page.goto(demo)
  const heading = page.locator('main h1:visible')
  const press = (name: string | RegExp) => page.getByRole('button', { name }).click()
  return {
    page,
    heading,
    problem: page.locator('[role=alert]:visible'),
    trouble,
    press,
    type: (label, text) => page.getByRole('textbox', { name: label, exact: true }).fill(text),
    async signIn(user, then) {
      await page.getByLabel('User name').fill(user)
      await press('Sign in')
      await heading.getByText(then).waitFor()
    },
    async signOut() {
      await press('Sign out')
      await heading.getByText('Sign in').waitFor()
    },
    async toSecurity() {
      await press('Security')
      await heading.getByText('Security').waitFor()
    },
    devices: () => page.locator('#devices b').allTextContents(),
  }
}

/** A browser that has an authenticator, and somebody in front of it who touches what they are asked to. */
export async function giveAuthenticator({ page }: Desk): Promise<void> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  const options = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true } as const
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', ...options },
  })
}

/** Follows the link of a QR code that the bank's page shows, on another device. */
export async function scan(browser: Browser, desk: Desk, options: BrowserContextOptions = {}): Promise<Phone> {
  const page = await newDevice(browser, { ...PHONE, ...options })
  await page.goto(await scanned(desk))
  return onPhone(page)
}

/** What the QR code holds that the page shows now. */
export async function scanned({ page }: Desk): Promise<string> {
  return (await page.locator('a[href*="/demo/phone#"]:visible').getAttribute('href')) ?? ''
}

/** Somebody who has no device yet adds a phone, and is let in by that. */
export async function enrolPhone(browser: Browser, desk: Desk, user: string): Promise<Phone> {
  await desk.signIn(user, 'Add a device')
  await desk.press('A phone')
  await desk.heading.getByText('Scan with your phone').waitFor()
  const phone = await scan(browser, desk)
  await phone.page.getByLabel('What shall it be called?').fill('Ada’s phone')
  await phone.page.getByRole('button', { name: 'Pair this phone' }).click()
  await phone.title.getByText('Nothing to answer').waitFor()
  await desk.heading.getByText('Welcome').waitFor()
  return phone
}
