import type { Browser } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { Provider } from '../support/provider.ts'
import { launchBrowser } from './browser.ts'

export interface BankWorld {
  readonly browser: Browser
  /** Where the messages go that the bank's customers are sent. */
  readonly provider: Provider
  readonly hub: HubProcess
  /** The bank's page, at a host with a name: there are passkeys. */
  readonly demo: string
}

/** A hub with its demo, and a browser, for all tests of a file; filled in before the first, gone after the last. */
export function bankWorld(): BankWorld {
  const world: Partial<{ -readonly [Part in keyof BankWorld]: BankWorld[Part] }> = {}

  beforeAll(async () => {
    world.provider = await Provider.start()
    const [browser, hub] = await Promise.all([launchBrowser(), spawnHub(world.provider.environment)])
    Object.assign(world, { browser, hub, demo: `${hub.url.replace('127.0.0.1', 'localhost')}/demo/` })
  })

  afterAll(async () => {
    await world.browser?.close()
    await world.hub?.stop()
    await world.provider?.stop()
  })

  return world as BankWorld
}
