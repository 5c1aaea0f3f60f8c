import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, createBackend, createMfa, type Mfa } from '../../client-sdk/index.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { collectTrouble, launchBrowser } from './browser.ts'
import { approveOn, focusedText, onPhone, openBank, openPhone, wrongNumber } from './screens.ts'

const API_KEY = 'a-key-for-tests-only'

let browser: Browser
let hub: HubProcess
let demo: string
/** Another customer of the hub's than the bank. */
let backend: Backend
let mfa: Mfa

beforeAll(async () => {
  const apiKeys = { API_KEYS: `shop:${API_KEY}:challenges:write challenges:read mfa:write` }
  ;[browser, hub] = await Promise.all([launchBrowser(), spawnHub(apiKeys)])
  backend = createBackend({ url: hub.url, apiKey: API_KEY })
  mfa = createMfa({ url: hub.url, apiKey: API_KEY })
  demo = `${hub.url}/demo/`
})

afterAll(async () => {
  await browser?.close()
  await hub?.stop()
})

describe('a sign-on at the bank', () => {
  it('is let in once the phone has approved with the number, and both screens say so', async () => {
    const bank = await openBank(browser, demo)
    const phone = await openPhone(browser, demo, 'anna')
    const trouble = [collectTrouble(bank.page), collectTrouble(phone.page)]
    await bank.signIn('anna')
    await phone.requests.waitFor()
    expect(await phone.requests.locator('dt, dd').allTextContents()).toEqual([
      ...['Who', 'anna', 'What', 'Sign in to online banking', 'Where', 'Chrome on Linux, 127.0.0.1'],
      ...['When', expect.stringMatching(/^Today, \d\d:\d\d$/)],
    ])
    await approveOn(phone, await bank.number())

    await bank.wait.getByText(/^Approved, \d\d:\d\d$/).waitFor()
    await phone.heading.getByText('Approved. Look at your computer.').waitFor()
    await bank.heading.getByText('Welcome, Anna').waitFor()
    expect(await focusedText(bank.page)).toBe('Welcome, Anna')
    expect(await focusedText(phone.page)).toBe('Approved. Look at your computer.')

    await bank.page.reload()
    await bank.heading.getByText('Welcome, Anna').waitFor()
    await bank.page.getByRole('button', { name: 'Sign out' }).click()
    await bank.heading.getByText('Sign in').waitFor()
    expect(trouble.flat()).toEqual([])
  })

  it('shows a denial within a second, and asks nobody again', async () => {
    const bank = await openBank(browser, demo)
    const phone = await openPhone(browser, demo, 'bert')
    const asked: string[] = []
    bank.page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/sign-ons')) asked.push(request.url())
    })
    await bank.signIn('bert')
    await phone.requests.waitFor()
    const began = performance.now()
    await phone.deny.click()
    await bank.wait.getByText(/^Denied, /).waitFor()
    expect(performance.now() - began).toBeLessThan(1000)

    await bank.heading.getByText('Sign-in denied').waitFor()
    await phone.heading.getByText('Denied. Nothing was done.').waitFor()
    expect(await phone.requests.count()).toBe(0)
    expect(asked).toHaveLength(1)
    expect(await sessionCookie(bank.page)).toBeUndefined()

    // "This isn’t me": now nobody may ask, and the page says so, until a backend of the hub's lifts it.
    await bank.page.getByRole('button', { name: 'Back to sign-in' }).click()
    await bank.page.getByRole('button', { name: 'Sign in' }).click()
    await bank.heading.getByText('Sign-in is paused').waitFor()
    await expect(backend.createChallenge({ approver: 'bert' })).rejects.toMatchObject({ code: 'approver_silenced' })
    expect(await backend.getApprover('bert')).toMatchObject({ pending: 0 })
    await backend.liftSilence('bert')
    // Had the phone been asked by anybody meanwhile, that would have come before this.
    await backend.createChallenge({ approver: 'bert', display: { title: 'The next question' } })
    await phone.requests.getByText('The next question').waitFor()
    expect(await phone.requests.count()).toBe(1)
    expect(asked).toHaveLength(2)
  })

  it('tells both screens when nobody answered in time, and begins again only when asked to', async () => {
    const bank = await openBank(browser, demo, { query: '?timeout=2' })
    const phone = await openPhone(browser, demo, 'cora')
    await bank.signIn('cora')
    await phone.requests.getByText('2 seconds left to answer').waitFor()
    await bank.heading.getByText('Nobody answered in time').waitFor()
    await phone.heading.getByText('Time ran out').waitFor()
    expect(await phone.requests.count()).toBe(0)

    await bank.page.getByRole('button', { name: 'Try again' }).click()
    await phone.requests.waitFor()
    expect(await bank.number()).toMatch(/^\d\d$/)
  })

  it('is denied by the third wrong number, and the phone counts the tries', async () => {
    const bank = await openBank(browser, demo)
    const phone = await openPhone(browser, demo, 'dora')
    await bank.signIn('dora')
    const wrong = wrongNumber(await bank.number())
    const problem = phone.requests.getByRole('alert')

    await approveOn(phone, '1')
    await problem.getByText('Type the 2 digits your computer shows.').waitFor()
    await approveOn(phone, wrong)
    await problem.getByText('That is not the number. 2 tries left.').waitFor()
    expect(await phone.number.evaluate((field) => field === document.activeElement)).toBe(true)
    await approveOn(phone, wrong)
    await problem.getByText('That is not the number. One try left.').waitFor()
    await approveOn(phone, wrong)

    await phone.heading.getByText('Denied: the number was wrong too often').waitFor()
    await bank.heading.getByText('Sign-in denied').waitFor()
    expect(await sessionCookie(bank.page)).toBeUndefined()
  })

  it('leaves the phone when it is cancelled, and only that one', async () => {
    const [bank, other] = await Promise.all([openBank(browser, demo), openBank(browser, demo)])
    const phone = await openPhone(browser, demo, 'emil')
    await bank.signIn('emil')
    await phone.requests.waitFor()
    await other.signIn('emil')
    await phone.page.getByRole('heading', { name: '2 questions for you' }).waitFor()

    await bank.page.getByRole('button', { name: 'Cancel' }).click()
    await bank.heading.getByText('Sign-in cancelled').waitFor()
    await phone.heading.getByText('No longer asked').waitFor()
    expect(await phone.requests.count()).toBe(1)
    await approveOn(phone, await other.number())
    await other.heading.getByText('Welcome, Emil').waitFor()
  })

  it('leaves the phone’s other tab once one has answered', async () => {
    const bank = await openBank(browser, demo)
    const one = await openPhone(browser, demo, 'finn')
    const other = onPhone(await one.page.context().newPage())
    await other.page.goto(`${demo}phone`)
    await other.title.getByText('Nothing to answer').waitFor()
    await bank.signIn('finn')
    await Promise.all([one, other].map((phone) => phone.requests.waitFor()))
    await approveOn(one, await bank.number())
    await one.heading.getByText('Approved. Look at your computer.').waitFor()
    await other.heading.getByText('Already approved').waitFor()
  })
})

describe('the phone page', () => {
  it('takes its code out of the address bar, and still knows whose it is after a reload', async () => {
    const phone = await openPhone(browser, demo, 'gina')
    expect(phone.page.url()).toBe(`${demo}phone`)
    await phone.page.reload()
    await phone.page.getByText('When someone signs in to Harbour Bank as gina, you are asked here.').waitFor()
  })

  it('shows any backend’s question as text, never as markup, and asks for a number only when there is one', async () => {
    const phone = await openPhone(browser, demo, 'hugo')
    const evil = '<img src=x onerror=alert(1)>'
    const display = { title: evil, message: evil, fields: [{ label: evil, value: evil }] }
    const { challenge } = await backend.createChallenge({ approver: 'hugo', display })
    await phone.requests.getByRole('heading', { name: evil }).waitFor()
    expect(await phone.requests.getByText(evil, { exact: true }).count()).toBe(4)
    expect(await phone.requests.locator('img, script').count()).toBe(0)
    expect(await phone.number.isVisible()).toBe(false)
    await phone.approve.click()
    await phone.heading.getByText('Approved. Look at your computer.').waitFor()
    expect(await backend.getChallenge(challenge)).toMatchObject({ challengeStatus: 'approved', decidedBy: 'hugo' })
  })

  it('gets another token when its own was taken back, and goes on', async () => {
    const phone = await openPhone(browser, demo, 'ilse')
    const headers = { 'api-key': API_KEY }
    await fetch(`${hub.url}/v1/approvers/ilse/connections`, { method: 'DELETE', headers })
    const bank = await openBank(browser, demo)
    await bank.signIn('ilse')
    await phone.requests.waitFor()
    await approveOn(phone, await bank.number())
    await bank.heading.getByText('Welcome, Ilse').waitFor()
  })

  it('is forgotten only by who has read that it would be, and shows nothing of before then', async () => {
    const bank = await openBank(browser, demo)
    const phone = await openPhone(browser, demo, 'kurt')
    await bank.signIn('kurt')
    await phone.requests.waitFor()
    await phone.page.context().setOffline(true)
    await phone.page.locator('#connection').getByText('No connection').waitFor()
    await phone.page.getByRole('button', { name: 'Forget me on this phone' }).dblclick()
    await phone.page.getByRole('button', { name: 'Really forget me?' }).click()
    await phone.title.getByText('This phone knows nobody yet').waitFor()
    expect(await phone.requests.count()).toBe(0)
    expect(await phone.page.locator('#connection, #announcement').allTextContents()).toEqual(['', ''])
    expect(await phone.page.title()).toBe('Your phone · Harbour Bank')
  })

  it('forgets whose it was once the bank has removed it, and says what to do', async () => {
    const phone = await openPhone(browser, demo, 'jule')
    const { devices } = await mfa.readAllDevices({ userId: 'jule' })
    await mfa.deleteDevice({ userId: 'jule', deviceId: devices[0]?.id ?? '' })
    await phone.page.getByRole('heading', { name: 'This phone is no longer connected' }).waitFor()
    await phone.page.reload()
    await phone.page.getByRole('heading', { name: 'This phone knows nobody yet' }).waitFor()
  })
})

describe('the bank’s backend', () => {
  it('believes the hub and not the page: no session before the approval, and one after it', async () => {
    const bank = await openBank(browser, demo)
    const phone = await openPhone(browser, demo, 'ivan')
    await bank.signIn('ivan')
    const http = bank.page.context().request
    const early = await http.post(`${demo}bank/sessions`)
    expect([early.status(), await early.json()]).toEqual([409, { outcome: 'unanswered' }])

    const ticket = (await bank.page.context().cookies()).find(({ name }) => name === 'harbour_sign_on')
    expect(ticket).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
    const redeem = (value: string) =>
      fetch(`${demo}bank/sessions`, { method: 'POST', headers: { cookie: `harbour_sign_on=${value}` } })
    await approveOn(phone, await bank.number())
    await bank.heading.getByText('Welcome, Ivan').waitFor()

    const again = await redeem(ticket?.value ?? '')
    expect([again.status, await again.json(), again.headers.getSetCookie().join()]).toEqual([
      409,
      { outcome: 'used' },
      expect.not.stringContaining('harbour_session'),
    ])
    const [challenge] = ticket?.value.split('.') ?? []
    const stolen = await redeem(`${challenge}.${'A'.repeat(43)}`)
    expect([stolen.status, await stolen.json()]).toEqual([409, { outcome: 'unknown' }])
  })

  it('refuses names that are none', async () => {
    const bank = await openBank(browser, demo)
    await bank.page.getByLabel('User name').fill('<b>anna</b>')
    await bank.page.getByRole('button', { name: 'Sign in' }).click()
    await bank.page.getByRole('alert').getByText('That did not work.').waitFor()
    expect(await focusedText(bank.page)).toBe('User name')
  })
})

async function sessionCookie(page: Page): Promise<string | undefined> {
  return (await page.context().cookies()).find(({ name }) => name === 'harbour_session')?.value
}
