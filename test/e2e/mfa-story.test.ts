import { TOTP } from 'otpauth'
import { encode } from 'uqr'
import { describe, expect, it } from 'vitest'
import { bankWorld } from './bank-world.ts'
import { collectTrouble } from './browser.ts'
import { approveOn, focusedText, onPhone } from './screens.ts'
import { enrolPhone, giveAuthenticator, openDesk, scan, scanned } from './story.ts'

/* The whole story in the demo: somebody adds what they prove themselves with, and signs in with each of it. */

const PERIOD_MS = 30_000

const world = bankWorld()

const number = '[part=number]'

describe('a phone', () => {
  it('is enrolled by a QR code, and then asked, with the number shown', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'ada')
    const trouble = collectTrouble(phone.page)
    await desk.page.getByText('Your first device is set up').waitFor()
    await desk.signOut()

    await desk.signIn('ada', 'Confirm on your phone')
    await desk.page.getByText('We have asked Ada’s phone.').waitFor()
    await desk.page.getByText('It is open on Ada’s phone.').waitFor()
    await phone.requests.waitFor()
    await approveOn(phone, (await desk.page.locator(number).textContent())?.replace(' ', '') ?? '')
    await desk.heading.getByText('Welcome, Ada').waitFor()
    await desk.page.getByText(/^Approved on your phone, \d\d:\d\d\.$/).waitFor()
    expect([...desk.trouble, ...trouble]).toEqual([])
  })

  it('is shown the very link that stands beside the QR code', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.signIn('bea', 'Add a device')
    await desk.press('A phone')
    const link = await scanned(desk)
    const code = (await desk.page.locator('#pair-code').textContent())?.replaceAll(' ', '')
    expect(link).toBe(`${world.demo}phone#pair=${code}`)
    const drawn = (await desk.page.locator('#pair-qr path').getAttribute('d')) ?? ''
    const { data } = encode(link, { ecc: 'L', border: 2 })
    const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}`] : [])))
    expect(drawn.match(/M\d+ \d+/g)).toEqual(dark)
  })

  it('keeps a key that nobody can read out, and knows its owner after a restart', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'cleo')
    const kept = await phone.page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open('assent-phone')
        request.onsuccess = () => resolve(request.result)
      })
      const request = database.transaction('phone').objectStore('phone').get('this')
      await new Promise((resolve) => {
        request.onsuccess = resolve
      })
      return request.result.keys.privateKey.extractable as boolean
    })
    expect(kept).toBe(false)

    const context = phone.page.context()
    await phone.page.close()
    const restarted = onPhone(await context.newPage())
    await restarted.page.goto(`${world.demo}phone`)
    await restarted.page.getByText('When someone signs in to Harbour Bank as cleo').waitFor()
    await desk.signOut()
    await desk.signIn('cleo', 'Confirm on your phone')
    await restarted.requests.waitFor()
    await restarted.deny.click()
    await desk.heading.getByText('Sign-in denied').waitFor()
  })

  it('is paired by no link alone, tells whose it was, and is somebody else’s after the press', async () => {
    const [desk, other] = await Promise.all([openDesk(world.browser, world.demo), openDesk(world.browser, world.demo)])
    const phone = await enrolPhone(world.browser, desk, 'dana')
    await other.signIn('edda', 'Add a device')
    await other.press('A phone')
    await phone.page.goto(await scanned(other))
    await phone.page.getByText('This phone is dana’s, and would not be any more.').waitFor()
    await phone.title.getByText('Nothing to answer').waitFor()
    expect(await focusedText(phone.page)).toBe('Pair this phone')
    expect(phone.page.url()).toBe(`${world.demo}phone`)
    await phone.page.getByRole('button', { name: 'Pair this phone' }).click()
    await phone.page.getByText('When someone signs in to Harbour Bank as edda').waitFor()
    await other.heading.getByText('Welcome, Edda').waitFor()
  })

  it('says that a code is none, and is paired by a typed one', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.signIn('fay', 'Add a device')
    await desk.press('A phone')
    await desk.heading.getByText('Scan with your phone').waitFor()
    const shown = (await desk.page.locator('#pair-code').textContent()) ?? ''
    const phone = await scan(world.browser, desk)
    await phone.page.getByLabel('Code on the bank’s page').first().fill('ABCD EFGH JKMN')
    await phone.page.getByRole('button', { name: 'Pair this phone' }).click()
    await phone.page.getByRole('alert').getByText('This code is none').waitFor()
    await phone.page.getByLabel('Code on the bank’s page').first().fill(shown.toLowerCase())
    await phone.page.getByRole('button', { name: 'Pair this phone' }).click()
    await desk.heading.getByText('Welcome, Fay').waitFor()
  })

  it('shows a code for when no question reaches it', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'gwen')
    await phone.page.getByText('Show a code').click()
    const code = (await phone.page.locator('#own-code').textContent()) ?? ''
    await desk.signOut()
    await desk.signIn('gwen', 'Confirm on your phone')
    await desk.page.getByText('Use another way').click()
    await desk.press('Type the code that Ada’s phone shows')
    await desk.type('Code', code)
    await desk.press('Continue')
    await desk.heading.getByText('Welcome, Gwen').waitFor()
    await phone.title.getByText(/Nothing to answer|That is settled/).waitFor()
    expect(await phone.requests.count()).toBe(0)
  })
})

describe('another way', () => {
  it('is an e-mail code: only what somebody has is offered, masked, and wrong codes are counted', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await enrolPhone(world.browser, desk, 'hanna')
    await desk.toSecurity()
    await desk.press('Add a device')
    await desk.press('An e-mail address')
    await desk.type('E-mail address', 'hanna@example.com')
    await desk.press('Send a code')
    await desk.heading.getByText('Type the code').waitFor()
    await desk.type('Code', world.provider.codeFor('hanna@example.com'))
    await desk.press('Continue')
    await desk.heading.getByText('Security').waitFor()
    expect(await desk.devices()).toEqual(['Ada’s phone', 'hanna@example.com'])
    await desk.press('Back')
    await desk.signOut()

    await desk.signIn('hanna', 'Confirm on your phone')
    await desk.page.getByText('Use another way').click()
    expect(await desk.page.locator('#ways-list button').allTextContents()).toEqual([
      'Send a code to ha****@example.com',
      'Type the code that Ada’s phone shows',
    ])
    await desk.press('Send a code to')
    await desk.heading.getByText('Type your code').waitFor()
    await desk.page.locator('#email-hint').getByText('the code is in the hub’s console').waitFor()
    const code = world.provider.codeFor('hanna@example.com')
    await desk.type('Code', code === '111111' ? '222222' : '111111')
    await desk.press('Continue')
    await desk.problem.getByText('That is not the code. 2 tries left.').waitFor()
    expect(await focusedText(desk.page)).toBe('Code')
    await desk.type('Code', code)
    await desk.press('Continue')
    await desk.heading.getByText('Welcome, Hanna').waitFor()
    await desk.page.getByText('Signed in with your code').waitFor()
  })

  it('is a code app, which can be the first device, too', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.signIn('iris', 'Add a device')
    await desk.press('A code app')
    await desk.heading.getByText('Set up your code app').waitFor()
    const secret = (await desk.page.locator('#add-secret-text').textContent())?.replaceAll(' ', '') ?? ''
    const app = new TOTP({ secret })
    await desk.type('Code', app.generate())
    await desk.press('Continue')
    await desk.heading.getByText('Welcome, Iris').waitFor()
    await desk.signOut()

    await desk.signIn('iris', 'Type your code')
    await desk.type('Code', app.generate({ timestamp: Date.now() + PERIOD_MS }))
    await desk.press('Continue')
    await desk.heading.getByText('Welcome, Iris').waitFor()
  })

  it('is what is left while somebody’s phone may not be asked, because they said that it wasn’t them', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'ines')
    await desk.toSecurity()
    await desk.press('Add a device')
    await desk.press('An e-mail address')
    await desk.type('E-mail address', 'ines@example.com')
    await desk.press('Send a code')
    await desk.heading.getByText('Type the code').waitFor()
    await desk.type('Code', world.provider.codeFor('ines@example.com'))
    await desk.press('Continue')
    await desk.heading.getByText('Security').waitFor()
    await desk.press('Back')
    await desk.signOut()
    await desk.signIn('ines', 'Confirm on your phone')
    await phone.deny.click()
    await desk.heading.getByText('Sign-in denied').waitFor()
    await desk.press('Back to sign-in')
    await desk.signIn('ines', 'Type your code')
    expect(await desk.page.locator('#ways').isVisible()).toBe(false)
    await desk.type('Code', world.provider.codeFor('ines@example.com'))
    await desk.press('Continue')
    await desk.heading.getByText('Welcome, Ines').waitFor()
    expect(await phone.requests.count()).toBe(0)
  })

  it('ends in a denial after three wrong codes', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.signIn('jill', 'Add a device')
    await desk.press('An e-mail address')
    await desk.type('E-mail address', 'jill@example.com')
    await desk.press('Send a code')
    await desk.heading.getByText('Type the code').waitFor()
    const wrong = world.provider.codeFor('jill@example.com') === '111111' ? '222222' : '111111'
    await desk.type('Code', world.provider.codeFor('jill@example.com'))
    await desk.press('Continue')
    await desk.heading.getByText('Welcome, Jill').waitFor()
    await desk.signOut()
    await desk.signIn('jill', 'Type your code')
    for (const left of ['2 tries left', 'One try left']) {
      await desk.type('Code', wrong)
      await desk.press('Continue')
      await desk.problem.getByText(left).waitFor()
    }
    await desk.type('Code', wrong)
    await desk.press('Continue')
    await desk.heading.getByText('Sign-in denied').waitFor()
  })
})

describe('a passkey', () => {
  it('is added, asked by name once it is the first, and signs in without any name', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await giveAuthenticator(desk)
    await enrolPhone(world.browser, desk, 'kate')
    await desk.toSecurity()
    await desk.press('Add a device')
    await desk.press('A passkey')
    await desk.heading.getByText('Security').waitFor()
    await desk.press('Ask first: Passkey')
    await desk.page.getByText('Passkey is asked first.').waitFor()
    expect(await desk.devices()).toEqual(['Passkey', 'Ada’s phone'])
    await desk.press('Back')
    await desk.signOut()

    await desk.signIn('kate', 'Welcome, Kate')
    await desk.page.getByText('Signed in with your passkey').waitFor()
    await desk.signOut()
    await desk.press('Use a passkey')
    await desk.heading.getByText('Welcome, Kate').waitFor()
    expect(desk.trouble).toEqual([])
  })

  it('that is not at hand is no dead end', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await giveAuthenticator(desk)
    await desk.signIn('lena', 'Add a device')
    await desk.press('A passkey')
    await desk.heading.getByText('Welcome, Lena').waitFor()
    const elsewhere = await openDesk(world.browser, world.demo)
    await elsewhere.page.evaluate(() => {
      navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError'))
    })
    await elsewhere.signIn('lena', 'Use your passkey')
    await elsewhere.problem.getByText('No passkey was used.').waitFor()
    await elsewhere.press('Cancel')
    await elsewhere.heading.getByText('Sign-in cancelled').waitFor()
  })

  it('that cannot be used at this address is said to be so', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await giveAuthenticator(desk)
    await desk.signIn('lola', 'Add a device')
    await desk.press('A passkey')
    await desk.heading.getByText('Welcome, Lola').waitFor()
    const elsewhere = await openDesk(world.browser, `${world.hub.url}/demo/`)
    await elsewhere.signIn('lola', 'Not from here')
  })

  it('is not offered where there can be none', async () => {
    const desk = await openDesk(world.browser, `${world.hub.url}/demo/`)
    await desk.heading.getByText('Sign in').waitFor()
    expect(await desk.page.getByRole('button', { name: 'Use a passkey' }).count()).toBe(0)
    await desk.signIn('mona', 'Add a device')
    expect(await desk.page.getByRole('button', { name: 'A passkey' }).count()).toBe(0)
    await desk.page.getByText('Passkeys belong to a name').waitFor()
  })
})

describe('without a name', () => {
  it('a phone that scans says who it is, and the page moves with it', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'nora')
    await desk.signOut()
    await desk.press('Scan a code with your phone')
    await desk.heading.getByText('Scan to sign in').waitFor()
    await phone.page.goto(await scanned(desk))
    await desk.page.getByText('Ada’s phone has it. Please answer there.').waitFor()
    expect(await desk.page.locator('#scan-qr').isVisible()).toBe(false)
    expect(phone.page.url()).toBe(`${world.demo}phone`)
    await phone.requests.getByText('Sign in to online banking').waitFor()
    await phone.approve.click()
    await desk.heading.getByText('Welcome, Nora').waitFor()
  })

  it('the code can be typed on the phone, and its owner may still say no', async () => {
    const desk = await openDesk(world.browser, world.demo)
    const phone = await enrolPhone(world.browser, desk, 'olga')
    await desk.signOut()
    await desk.press('Scan a code with your phone')
    await desk.heading.getByText('Scan to sign in').waitFor()
    await phone.page.getByText('Sign in on a computer').click()
    const field = phone.page.locator('#claim-code')
    await field.fill('AAAAA AAAAA')
    await phone.page.getByRole('button', { name: 'Continue' }).click()
    await phone.page.getByRole('alert').getByText('This code is none').waitFor()
    await field.fill((await desk.page.locator('#scan-code').textContent()) ?? '')
    await phone.page.getByRole('button', { name: 'Continue' }).click()
    await phone.requests.waitFor()
    await phone.deny.click()
    await desk.heading.getByText('Sign-in denied').waitFor()
  })

  it('a phone that is nobody’s says so', async () => {
    const desk = await openDesk(world.browser, world.demo)
    await desk.press('Scan a code with your phone')
    await desk.heading.getByText('Scan to sign in').waitFor()
    const phone = await scan(world.browser, desk)
    await phone.page.getByText('Make it yours first.').waitFor()
    expect(await desk.heading.textContent()).toBe('Scan to sign in')
  })
})
