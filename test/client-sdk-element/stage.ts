import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { DESK, newDevice } from '../e2e/browser.ts'
import { type RunningHub, startHub } from '../support/hub.ts'

const BUNDLE = new URL('../../dist/browser/assent.js', import.meta.url)

/** A shop's own web server, of another origin than the hub's, with a policy as strict as a careful shop's. */
export interface Shop {
  readonly url: string
  readonly hub: RunningHub
  stop(): Promise<void>
}

export async function openShop(): Promise<Shop> {
  const server = createServer(({ url }, response) => {
    if (url === '/assent.js') {
      response.setHeader('content-type', 'text/javascript')
      createReadStream(BUNDLE).pipe(response)
    } else {
      const toHub = `${hub.url} ${hub.url.replace('http', 'ws')}`
      const policy = `default-src 'none'; script-src 'self'; style-src 'self'; connect-src ${toHub}`
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
      response.end('<!doctype html><html lang="en-GB"><title>Shop</title>')
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const hub = await startHub({ CORS_ORIGINS: url })
  return {
    url,
    hub,
    async stop() {
      server.closeAllConnections()
      server.close()
      await hub.stop()
    },
  }
}

/** A page of the shop's that holds nothing but our elements. */
export interface Stage {
  readonly page: Page
  readonly element: Locator
  part(name: string): Locator
  /** Makes the tag known, as a script that loads late does. */
  define(): Promise<void>
  /** What the elements have told the page so far: the event, and what matters of its detail. */
  told(): Promise<[string, string][]>
}

/** Opens a page of the shop with this in its body. */
export async function setStage(
  browser: Browser,
  shop: Shop,
  markup: string,
  options: BrowserContextOptions = {},
): Promise<Stage> {
  const page = await newDevice(browser, { ...DESK, ...options })
  await page.goto(shop.url)
  await page.evaluate(listen)
  await page.evaluate((body) => {
    document.body.innerHTML = body
  }, markup)
  return {
    page,
    element: page.locator('assent-waiting'),
    part: (name) => page.locator(`assent-waiting [part=${name}]`),
    define: async () => void (await page.addScriptTag({ url: '/assent.js', type: 'module' })),
    told: () => page.evaluate(() => (globalThis as unknown as Told).told),
  }
}

interface Told {
  told: [string, string][]
}

/** Runs in the page: hears the events where a page would, on the document. */
function listen(): void {
  const told: [string, string][] = []
  ;(globalThis as unknown as Told).told = told
  for (const name of ['status', 'outcome', 'connection', 'error']) {
    document.addEventListener(`assent-${name}`, (event) => {
      const { detail } = event as CustomEvent
      told.push([name, detail.challengeStatus ?? detail.code ?? detail])
    })
  }
}
