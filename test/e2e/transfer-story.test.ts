import { TOTP } from 'otpauth'
import { describe, expect, it } from 'vitest'
import { bankWorld } from './bank-world.ts'
import { collectTrouble } from './browser.ts'
import { approveOn, focusedText } from './screens.ts'
import { type Desk, enrolPhone, giveAuthenticator, openDesk } from './story.ts'

/* Money leaves the demo's bank only when its owner has approved this payee and this amount. */

const PERIOD_MS = 30_000
const OPENING = '2,418.06'

const world = bankWorld()

/** Fills in the form and sends it. */
async function send(desk: Desk, amount: string, payee = 'Mara Lind'): Promise<void> {
  await desk.type('To', payee)
  await desk.type('Amount', amount)
  await desk.type('Reference', 'Rent')
  await desk.press('Send')
}

async function back(desk: Desk): Promise<string> {
  await desk.press('Back to your account')
  await desk.heading.getByText('Welcome').waitFor()
  await desk.page.locator('#balance', { hasText: /\d/ }).waitFor()
  return (await desk.page.locator('#balance').textContent()) ?? ''
}

async function number({ page }: Desk): Promise<string> {
  const shown = page.locator('[part=number]')
  await shown.waitFor()
  return (await shown.textContent())?.replace(' ', '') ?? ''
}

async function addEmail(desk: Desk, address: string): Promise<void> {
  await desk.press('An e-mail address')
  await desk.type('E-mail address', address)
  await desk.press('Send a code')
  await desk.heading.getByText('Type the code').waitFor()
  await desk.type('Code', world.provider.codeFor(address))
  await desk.press('Continue')
}

async function addToPhone(desk: Desk): Promise<void> {
  await desk.toSecurity()
  await desk.press('Add a device')
}

describe('on a phone', () => {
  it('shows who shall have how much, and a yes sends it: once', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'ada')
    const trouble = collectTrouble(phone.page)
    const answers: number[] = []
    desk.page.on('response', (response) => {
      if (response.url().endsWith('/bank/transfers') && response.request().method() === 'POST')
        answers.push(response.status())
    })
    await send(desk, '120')
    await desk.heading.getByText('Confirm on your phone').waitFor()
    expect(await desk.page.locator('#waiting-lead').textContent()).toBe(
      '120.00 to Mara Lind. We have asked Ada’s phone.',
    )
    await phone.requests.getByRole('heading', { name: 'Send 120.00 to Mara Lind?' }).waitFor()
    expect(await phone.requests.locator('dd').allTextContents()).toEqual([
      'Mara Lind',
      '120.00',
      'Rent',
      expect.stringContaining('Chrome on Linux'),
      expect.stringContaining('Today'),
    ])
    await approveOn(phone, await number(desk))
    await desk.heading.getByText('Sent', { exact: true }).waitFor()
    await desk.page.getByText('120.00 to Mara Lind.').waitFor()
    expect(await focusedText(desk.page)).toBe('Sent')
    expect(await back(desk)).toBe('2,298.06')
    expect(await desk.page.locator('#sent li').allTextContents()).toEqual(['Mara Lind, Rent −120.00'])
    expect(answers).toEqual([401, 201])
    expect([...desk.trouble, ...trouble]).toEqual([])
  })

  it('a no is said to be one, and the money stays', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'bea')
    await send(desk, '2000')
    await phone.requests.waitFor()
    await phone.deny.click()
    await desk.heading.getByText('Transfer denied').waitFor()
    await phone.heading.getByText('Denied. Nothing was done.').waitFor()
    expect(await back(desk)).toBe(OPENING)
    expect(await desk.page.locator('#sent').isVisible()).toBe(false)
    // Whoever said "this isn’t me" is not asked again at once.
    await send(desk, '2000')
    await desk.problem.getByText('have said that it wasn’t you').waitFor()
    expect(await phone.requests.count()).toBe(0)
  })

  it('asks no more once the transfer was cancelled; what was typed is still there', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'cleo')
    await send(desk, '33.30', 'Ole Brandt')
    await phone.requests.waitFor()
    await desk.press('Cancel')
    await desk.heading.getByText('Transfer cancelled').waitFor()
    await phone.heading.getByText('No longer asked').waitFor()
    expect(await back(desk)).toBe(OPENING)
    expect(await desk.page.getByLabel('To', { exact: true }).inputValue()).toBe('Ole Brandt')
  })

  it('a yes to one amount sends no other, whoever changes it on the way', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'dana')
    await desk.page.route('**/bank/transfers', (route, request) => {
      if (request.headers()['assent-challenge'] === undefined) return route.continue()
      return route.continue({ postData: JSON.stringify({ ...request.postDataJSON(), amount: '2400' }) })
    })
    await send(desk, '1')
    await phone.requests.getByText('Send 1.00 to Mara Lind?').waitFor()
    await approveOn(phone, await number(desk))
    // The phone says what the page does not: that it is another amount now.
    await phone.requests.getByText('Send 2,400.00 to Mara Lind?').waitFor()
    await desk.press('Cancel')
    await desk.heading.getByText('Transfer cancelled').waitFor()
    expect(await back(desk)).toBe(OPENING)
  })
})

describe('without a phone', () => {
  it('a code by e-mail does, when it is the right one', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.signIn('edda', 'Add a device')
    await addEmail(desk, 'edda@example.com')
    await desk.heading.getByText('Welcome, Edda').waitFor()
    await send(desk, '10.5')
    await desk.heading.getByText('Type your code').waitFor()
    const code = world.provider.codeFor('edda@example.com')
    await desk.type('Code', code === '111111' ? '222222' : '111111')
    await desk.press('Continue')
    await desk.problem.getByText('That is not the code. 2 tries left.').waitFor()
    await desk.type('Code', code)
    await desk.press('Continue')
    await desk.heading.getByText('Sent', { exact: true }).waitFor()
    expect(await back(desk)).toBe('2,407.56')
    expect(desk.trouble).toEqual([])
  })

  it('three wrong codes send nothing', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.signIn('fay', 'Add a device')
    await addEmail(desk, 'fay@example.com')
    await desk.heading.getByText('Welcome, Fay').waitFor()
    await send(desk, '10')
    await desk.heading.getByText('Type your code').waitFor()
    const wrong = world.provider.codeFor('fay@example.com') === '111111' ? '222222' : '111111'
    for (const left of ['2 tries left', 'One try left']) {
      await desk.type('Code', wrong)
      await desk.press('Continue')
      await desk.problem.getByText(left).waitFor()
    }
    await desk.type('Code', wrong)
    await desk.press('Continue')
    await desk.heading.getByText('Transfer denied').waitFor()
    await desk.page.getByText('It was wrong too often').waitFor()
    expect(await back(desk)).toBe(OPENING)
  })

  it('a passkey does', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await giveAuthenticator(desk)
    await desk.signIn('gwen', 'Add a device')
    await desk.press('A passkey')
    await desk.heading.getByText('Welcome, Gwen').waitFor()
    await send(desk, '8.06')
    await desk.heading.getByText('Sent', { exact: true }).waitFor()
    expect(await back(desk)).toBe('2,410.00')
  })
})

describe('with several ways', () => {
  it('offers them, and takes the one that is chosen', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'hanna')
    await addToPhone(desk)
    await desk.press('A code app')
    await desk.heading.getByText('Set up your code app').waitFor()
    const secret = (await desk.page.locator('#add-secret-text').textContent())?.replaceAll(' ', '') ?? ''
    const app = new TOTP({ secret })
    await desk.type('Code', app.generate())
    await desk.press('Continue')
    await desk.heading.getByText('Security').waitFor()
    await desk.press('Back')

    await send(desk, '18.06')
    await desk.heading.getByText('Approve the transfer').waitFor()
    await desk.page.getByText('18.06 to Mara Lind.').waitFor()
    expect(await desk.page.locator('#ways-list').getByRole('button').allTextContents()).toEqual([
      'Ask Ada’s phone',
      'Type a code from your code app',
    ])
    expect(await phone.requests.count()).toBe(0)
    await desk.press('Type a code from your code app')
    await desk.heading.getByText('Type your code').waitFor()
    await desk.type('Code', app.generate({ timestamp: Date.now() + PERIOD_MS }))
    await desk.press('Continue')
    await desk.heading.getByText('Sent', { exact: true }).waitFor()
    expect(await back(desk)).toBe('2,400.00')
    expect(await phone.requests.count()).toBe(0)
  })

  it('lets somebody change their mind between them', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'iris')
    await addToPhone(desk)
    await addEmail(desk, 'iris@example.com')
    await desk.heading.getByText('Security').waitFor()
    await desk.press('Back')
    await send(desk, '5')
    await desk.press('Ask Ada’s phone')
    await phone.requests.waitFor()
    await desk.page.getByText('Use another way').click()
    await desk.press(/^Send a code to/)
    await desk.heading.getByText('Type your code').waitFor()
    await phone.heading.waitFor()
    await desk.type('Code', world.provider.codeFor('iris@example.com'))
    await desk.press('Continue')
    await desk.heading.getByText('Sent', { exact: true }).waitFor()
    expect(await back(desk)).toBe('2,413.06')
  })
})

it('asks nobody about what can not be sent', async () => {
  const desk = await openDesk(world.browser, world.demo)
  const phone = await enrolPhone(world.browser, desk, 'jill')
  await send(desk, '2418.07')
  await desk.problem.getByText('There is not so much in your account.').waitFor()
  await send(desk, '1.234')
  await desk.problem.getByText('An amount looks like').waitFor()
  expect(await focusedText(desk.page)).toBe('Amount')
  await send(desk, '1', ' ')
  await desk.problem.getByText('Who shall have it?').waitFor()
  expect(await focusedText(desk.page)).toBe('To')
  expect(await phone.requests.count()).toBe(0)
})
