import type { CDPSession, Page, Worker } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { PhoneBrowser } from '../support/phone-browser.ts'
import { PushService } from '../support/push-service.ts'
import { collectTrouble, launchLastingBrowser, PHONE } from './browser.ts'
import { pairingCode } from './first-phone.ts'

let hub: HubProcess
let demo: string
beforeAll(async () => {
  hub = await spawnHub()
  demo = `${hub.url}/demo/`
})
afterAll(() => hub?.stop())

interface App {
  readonly page: Page
  readonly worker: Worker
  readonly trouble: readonly string[]
  readonly cdp: CDPSession
}

/** The phone's page of a person, with its worker running. */
async function openApp(user: string, { pushesTo }: { pushesTo?: object | null } = {}): Promise<App> {
  const context = await launchLastingBrowser(PHONE)
  await context.grantPermissions(['notifications'], { origin: hub.url })
  const page = await context.newPage()
  // Debian's Chromium has no push service of its own: what subscribing would give is given here, and with null it fails.
  if (pushesTo !== undefined) {
    await page.addInitScript((subscription) => {
      PushManager.prototype.getSubscription = async () => null
      PushManager.prototype.subscribe = async () => {
        if (!subscription) throw new DOMException('There is no push service.', 'AbortError')
        return { toJSON: () => subscription } as unknown as PushSubscription
      }
    }, pushesTo)
  }
  const trouble = collectTrouble(page)
  await page.goto(`${demo}phone#pair=${await pairingCode(demo, user)}`)
  await page.getByRole('button', { name: 'Pair this phone' }).click()
  await page.getByRole('heading', { name: 'Nothing to answer' }).waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'))
  await watch(worker)
  return { page, worker, trouble, cdp: await context.newCDPSession(page) }
}

describe('the phone page', () => {
  it('can be put among a phone’s apps', async () => {
    const { page, trouble, cdp } = await openApp('anna')
    const { url, errors, data = '{}' } = await cdp.send('Page.getAppManifest')
    expect({ url, errors }).toEqual({ url: `${demo}phone.webmanifest`, errors: [] })
    expect((await cdp.send('Page.getInstallabilityErrors')).installabilityErrors).toEqual([])
    expect(JSON.parse(data)).toMatchObject({ start_url: 'phone', scope: 'phone', display: 'standalone' })
    expect(trouble).toEqual([])

    const { icons } = JSON.parse(data) as { icons: { src: string; sizes: string; type: string }[] }
    const drawn = await page.evaluate(
      (sources) =>
        Promise.all(
          sources.map(async (src) => {
            const icon = Object.assign(new Image(), { src })
            await icon.decode()
            return `${icon.naturalWidth}x${icon.naturalHeight}`
          }),
        ),
      icons.filter(({ type }) => type === 'image/png').map(({ src }) => src),
    )
    expect(drawn).toEqual(['192x192', '192x192', '512x512', '512x512'])
  })

  it('lets its worker speak for the phone alone, and come anew with each release', async () => {
    const { page } = await openApp('bert')
    const scopes = await page.evaluate(async () => {
      const registrations = await navigator.serviceWorker.getRegistrations()
      return registrations.map(({ scope, active }) => [scope, active?.scriptURL])
    })
    expect(scopes).toEqual([[`${demo}phone`, `${demo}phone-worker.js`]])
    const { headers } = await fetch(`${demo}phone-worker.js`)
    expect(headers.get('content-type')).toMatch(/^text\/javascript/)
    expect(headers.get('cache-control')).toBe('no-cache')
    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  it('is woken up while it is closed, where its owner lets it', async () => {
    const service = await PushService.start()
    onTestFinished(() => service.stop())
    const { page } = await openApp('hedy', { pushesTo: new PhoneBrowser().subscribe(`${service.origin}/hedy`) })
    await page.getByText('You are asked even while this page is closed.').waitFor()
    expect(await page.getByRole('button', { name: 'Ask me while this page is closed' }).isVisible()).toBe(false)
    await page.goto('about:blank')

    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ user: 'hedy' })
    expect((await fetch(`${demo}bank/sign-ons`, { method: 'POST', headers, body })).status).toBe(201)
    await eventually(() => service.carried.heard.length === 1)
    expect(service.carried.heard[0]).toMatchObject({ path: '/hedy', urgency: 'high' })
  })

  it('says so where a browser takes no pushes', async () => {
    const { page } = await openApp('inga', { pushesTo: null })
    await page.getByText('Your browser takes no pushes').waitFor()
  })

  it('keeps nothing the hub said', async () => {
    const { page } = await openApp('cora')
    await page.reload()
    await page.getByText('When someone signs in to Harbour Bank as cora').waitFor()
    expect(await page.evaluate(() => caches.keys())).toEqual([])
  })
})

describe('a push', () => {
  const about = (kind: string, challenge: string) =>
    JSON.stringify({ id: 'push-1', kind, challenge, expiresAt: Date.now() + 60_000 })

  it('shows that something is asked, and never what; each question once, until it is withdrawn', async () => {
    const app = await openApp('dora')
    const { page } = app
    const push = await pusher(app)
    await push(about('requested', 'one'))
    expect(await shownOn(page, 1)).toEqual([
      { title: 'Somebody asks for your approval', body: 'Open to see what it is about.', tag: 'asked-one' },
    ])
    await push(about('requested', 'one'))
    await push(about('requested', 'two'))
    expect((await shownOn(page, 2)).map(({ tag }) => tag).toSorted()).toEqual(['asked-one', 'asked-two'])
    await push(about('withdrawn', 'one'))
    expect((await shownOn(page, 1)).map(({ tag }) => tag)).toEqual(['asked-two'])
  })

  it.each(['nonsense', 'null', '{"kind":5,"challenge":{"a":1}}'])('that says %j still asks', async (text) => {
    const app = await openApp(`emil-${text.length}`)
    const { page } = app
    const push = await pusher(app)
    await push(text)
    expect(await shownOn(page, 1)).toMatchObject([{ title: 'Somebody asks for your approval', tag: 'asked-' }])
  })

  it('that says nothing still asks', async () => {
    const { page, worker } = await openApp('finn')
    await worker.evaluate(() => {
      const { PushEvent } = self as unknown as WorkerGlobals
      self.dispatchEvent(new PushEvent('push'))
    })
    await handled(worker, 1)
    expect(await shownOn(page, 1)).toMatchObject([{ title: 'Somebody asks for your approval' }])
  })

  it('leads to the phone page when it is tapped: the one that is open, or else a new one', async () => {
    const app = await openApp('gina')
    const { page, worker } = app
    const push = await pusher(app)
    // Without a finger on it, browsers let nobody come to the front: only what is asked of them can be seen.
    await worker.evaluate(() => {
      const { clients, WindowClient } = self as unknown as WorkerGlobals
      Object.assign(self, { asked: [] })
      WindowClient.prototype.focus = async function () {
        ;(self as unknown as WorkerGlobals).asked.push(`focus ${this.url.split('#', 1)}`)
      }
      clients.openWindow = async (url) => void (self as unknown as WorkerGlobals).asked.push(`open ${url}`)
    })
    const tap = () =>
      worker.evaluate(async () => {
        const { registration, NotificationEvent, asked } = self as unknown as WorkerGlobals
        const [notification] = await registration.getNotifications()
        self.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
        while (asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
        return asked.splice(0)
      })
    await push(about('requested', 'one'))
    await shownOn(page, 1)
    expect(await tap()).toEqual([`focus ${demo}phone`])
    expect(await shownOn(page, 0)).toEqual([])

    await push(about('requested', 'two'))
    await shownOn(page, 1)
    await page.goto(demo)
    expect(await tap()).toEqual([`open ${demo}phone`])
  })
})

/** What its worker has that pages have not. */
interface WorkerGlobals {
  readonly registration: ServiceWorkerRegistration
  readonly clients: { openWindow: (url: string) => Promise<unknown> }
  readonly WindowClient: { readonly prototype: { readonly url: string; focus(): Promise<unknown> } }
  readonly PushEvent: new (name: string) => Event
  readonly NotificationEvent: new (name: string, init: { notification: Notification | undefined }) => Event
  readonly ExtendableEvent: { readonly prototype: { waitUntil: (work: Promise<unknown>) => void } }
  readonly asked: string[]
  readonly works: Promise<unknown>[]
}

/** Delivers pushes as the browser's own push service would, and waits until the worker is done with each. */
async function pusher({ cdp, worker }: App): Promise<(text: string) => Promise<void>> {
  const registered = new Promise<string>((resolve) => {
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations
      if (first) resolve(first.registrationId)
    })
  })
  await cdp.send('ServiceWorker.enable')
  const registrationId = await registered
  let sent = 0
  return async (data) => {
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: hub.url, registrationId, data })
    sent += 1
    await handled(worker, sent)
  }
}

/** Keeps what the worker does for each event, so that it can be waited for. */
function watch(worker: Worker): Promise<void> {
  return worker.evaluate(() => {
    const { ExtendableEvent } = self as unknown as WorkerGlobals
    const { waitUntil } = ExtendableEvent.prototype
    const works: Promise<unknown>[] = []
    Object.assign(self, { works })
    ExtendableEvent.prototype.waitUntil = function (work) {
      works.push(work)
      waitUntil.call(this, work)
    }
  })
}

/** Chromium, asked what is shown while it is showing something, forgets that: nobody may look before the worker is done. */
function handled(worker: Worker, many: number): Promise<unknown> {
  return worker.evaluate(async (wanted) => {
    const { works } = self as unknown as WorkerGlobals
    while (works.length < wanted) await new Promise((resolve) => setTimeout(resolve, 10))
    await Promise.all(works)
  }, many)
}

/** What the phone shows, once it is so many. */
async function shownOn(page: Page, many: number) {
  const read = () =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready
      return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }))
    })
  await eventually(async () => (await read()).length === many, { every: 250 })
  return read()
}
