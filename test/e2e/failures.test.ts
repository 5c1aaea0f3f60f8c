import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startBalancer } from '../support/balancer.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { launchBrowser } from './browser.ts'
import { givePhone } from './first-phone.ts'
import { startOldProxy } from './old-proxy.ts'
import { approveOn, openBank, openPhone } from './screens.ts'

const POLLING = 'Live connection blocked: checking every few seconds'

let browser: Browser
let redis: RedisServer
/** Outlives the tests; those that kill bring their own victim. */
let survivor: HubProcess

beforeAll(async () => {
  ;[browser, redis] = await Promise.all([launchBrowser(), startRedis()])
  survivor = await spawnInstance()
})

afterAll(async () => {
  await browser?.close()
  await survivor?.stop()
  await redis?.stop()
})

/** One more hub on the same Redis, as behind any load balancer. */
function spawnInstance(): Promise<HubProcess> {
  return spawnHub({
    REDIS_URL: redis.url,
    JWT_SECRET: 'a-secret-for-tests-only-of-40-characters',
    STORE_KEY: Buffer.alloc(32, 7).toString('base64'),
  })
}

async function spawnVictim() {
  const victim = await spawnInstance()
  const balancer = await startBalancer([victim.port, survivor.port])
  onTestFinished(async () => {
    await balancer.stop()
    await victim.stop()
  })
  return { victim, balancer, demo: `${balancer.url}/demo/` }
}

async function startBlocked() {
  const proxy = await startOldProxy(survivor.url)
  onTestFinished(() => proxy.stop())
  return { proxy, demo: `${proxy.url}/demo/` }
}

describe('where WebSocket is blocked', () => {
  it('says so on both screens, and moves on all the same, at once', async () => {
    const { proxy, demo } = await startBlocked()
    const phone = await openPhone(browser, demo, 'anna')
    const bank = await openBank(browser, demo)
    await bank.signIn('anna')
    await bank.connection.getByText(POLLING).waitFor()
    await phone.page.getByRole('status').getByText(POLLING).waitFor()
    await phone.requests.waitFor()

    const number = await bank.number()
    const began = performance.now()
    await approveOn(phone, number)
    await bank.wait.getByText(/^Approved/).waitFor()
    // Sooner than any interval: the held poll is woken by the change itself.
    expect(performance.now() - began).toBeLessThan(1500)
    await bank.heading.getByText('Welcome, Anna').waitFor()
    expect(proxy.refused).toBeGreaterThanOrEqual(2)
  })

  it('goes back to the live connection once it can be had', async () => {
    const { proxy, demo } = await startBlocked()
    await givePhone(demo, 'bert')
    const bank = await openBank(browser, demo)
    await bank.signIn('bert')
    await bank.connection.getByText(POLLING).waitFor()
    proxy.modernize()
    await bank.connection.waitFor({ state: 'hidden', timeout: 20_000 })
    await bank.wait.getByText('Waiting for your answer').waitFor()
  })
})

describe('when an instance is killed', () => {
  it('the page that hung on it hears the answer from another, even one given in between', async () => {
    const { victim, balancer, demo } = await spawnVictim()
    balancer.prefer(survivor.port)
    const phone = await openPhone(browser, demo, 'cora')
    balancer.prefer(victim.port)
    const bank = await openBank(browser, demo)
    await bank.signIn('cora')
    const number = await bank.number()
    await phone.requests.waitFor()

    await victim.kill()
    // The page has no hub now, or hardly one again: no answer may fall into the gap.
    await approveOn(phone, number)
    await phone.heading.getByText('Approved. Look at your computer.').waitFor()
    await bank.heading.getByText('Welcome, Cora').waitFor()
  })

  it('the phone that hung on it still has its question, and can answer', async () => {
    const { victim, balancer, demo } = await spawnVictim()
    balancer.prefer(victim.port)
    const phone = await openPhone(browser, demo, 'dora')
    balancer.prefer(survivor.port)
    const bank = await openBank(browser, demo)
    await bank.signIn('dora')
    await phone.requests.waitFor()

    await victim.kill()
    await approveOn(phone, await bank.number())
    await phone.heading.getByText('Approved. Look at your computer.').waitFor()
    await bank.heading.getByText('Welcome, Dora').waitFor()
  })
})

it('says that there is no connection while there is none, and finds back by itself', async () => {
  const bank = await openBank(browser, `${survivor.url}/demo/`)
  const phone = await openPhone(browser, `${survivor.url}/demo/`, 'emil')
  await bank.signIn('emil')
  const number = await bank.number()
  await bank.page.context().setOffline(true)
  await bank.connection.getByText('No connection: trying again').waitFor({ timeout: 20_000 })
  await approveOn(phone, number)
  await phone.heading.waitFor()
  await bank.page.context().setOffline(false)
  await bank.heading.getByText('Welcome, Emil').waitFor()
})
