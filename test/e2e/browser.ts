import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { CHROMIUM } from '../support/tools.ts'

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
]

/** Nothing turns, unless a test says so: a spinner drawn without a graphics card costs a whole core. */
const CALM: BrowserContextOptions = { locale: 'en-GB', reducedMotion: 'reduce' }

export const DESK: BrowserContextOptions = { ...CALM, viewport: { width: 1280, height: 800 } }
export const PHONE: BrowserContextOptions = {
  ...CALM,
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
}

/** Debian's Chromium, without a window. One serves a whole test file. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS })
}

/** One with a profile of its own, as people have it: what is private can't be installed. Gone when the test is. */
export async function launchLastingBrowser(options: BrowserContextOptions): Promise<BrowserContext> {
  const profile = await mkdtemp(join(tmpdir(), 'assent-browser-'))
  onTestFinished(() => rm(profile, { recursive: true, force: true, maxRetries: 5 }))
  const context = await chromium.launchPersistentContext(profile, { ...options, executablePath: CHROMIUM, args: ARGS })
  onTestFinished(() => context.close())
  context.setDefaultTimeout(10_000)
  return context
}

/** A page with cookies of its own, as on another device; gone when the test is. */
export async function newDevice(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  context.setDefaultTimeout(10_000)
  return context.newPage()
}

/** What went wrong in the page that no one looks at: uncaught errors, and all that its Content-Security-Policy refused. */
export function collectTrouble(page: Page): string[] {
  const trouble: string[] = []
  page.on('pageerror', (error) => trouble.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) trouble.push(message.text())
  })
  return trouble
}
