import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, createBackend } from '../../client-sdk/index.ts'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { AuthenticationView } from '../../server/protocol/mfa.ts'
import { launchBrowser } from '../e2e/browser.ts'
import { act, mfa, pairPhone } from '../mfa/world.ts'
import { eventually } from '../support/eventually.ts'
import { openShop, type Shop, setStage } from './stage.ts'

const WAITING = 'Waiting for the answer on your phone'

let browser: Browser
let shop: Shop
let backend: Backend

beforeAll(async () => {
  ;[browser, shop] = await Promise.all([launchBrowser(), openShop()])
  backend = createBackend({ url: shop.hub.url, token: shop.hub.backend() })
})

afterAll(async () => {
  await browser?.close()
  await shop?.stop()
})

/** The element's tag, with the hub's address in it. */
function tag(attributes: string, content = ''): string {
  return `<div><assent-waiting url="${shop.hub.url}" ${attributes}>${content}</assent-waiting></div>`
}

describe('<assent-waiting>', () => {
  it('shows the number and the time left, then how it ended, and tells the page each step', async () => {
    const { challenge, waitToken, number } = await backend.createChallenge({ approver: 'anna', numberMatching: 6 })
    const stage = await setStage(browser, shop, tag(`token="${waitToken}"`, '<p>Our own words</p>'))
    await stage.define()
    await stage.part('number').waitFor()
    expect(await stage.part('number').textContent()).toBe([...(number ?? '')].join(' '))
    expect(await stage.part('status').textContent()).toBe(WAITING)
    expect(await stage.part('time').textContent()).toBe('5 minutes left')
    expect(await stage.page.getByText('Our own words').isVisible()).toBe(true)

    await backend.updateChallenge(challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    await stage
      .part('status')
      .getByText(/^Approved, \d\d:\d\d$/)
      .waitFor()
    expect(await stage.element.getAttribute('state')).toBe('ended')
    for (const part of ['number', 'hint', 'time', 'connection', 'continue']) {
      expect(await stage.part(part).isVisible()).toBe(false)
    }
    const told = await stage.told()
    expect(told.filter(([event]) => event === 'connection')).toEqual([['connection', 'live']])
    expect(told.filter(([event]) => event !== 'connection')).toEqual([
      ['status', 'started'],
      ['status', 'approved'],
      ['outcome', 'approved'],
    ])
  })

  it('shows every end as an answer: denied, in time by nobody, or a word of the backend’s own', async () => {
    const words = ['approved', 'denied', 'parcel_sent', '<img src=x onerror=alert(1)>']
    const opened = await Promise.all(words.map(() => backend.createChallenge({})))
    const late = await backend.createChallenge({ challengeTimeout: 2 })
    const tags = [...opened, late].map(({ waitToken }) =>
      tag(`token="${waitToken}" status-parcel_sent="On its way since {}"`),
    )
    const stage = await setStage(browser, shop, tags.join(''))
    await stage.define()
    const changes = opened.map(({ challenge }, at) =>
      backend.updateChallenge(challenge, { challengeStatus: words[at] ?? '' }),
    )
    await Promise.all(changes)
    await eventually(async () =>
      expect(await stage.part('status').allTextContents()).toEqual([
        expect.stringMatching(/^Approved, \d/),
        expect.stringMatching(/^Denied, \d/),
        expect.stringMatching(/^On its way since \d/),
        expect.stringMatching(/^Answered, \d/),
        'Nobody answered in time',
      ]),
    )
    expect(await stage.page.locator('assent-waiting img').count()).toBe(0)
  })

  it('waits on through other statuses when it waits for completion', async () => {
    const { challenge, waitToken } = await backend.createChallenge({})
    const stage = await setStage(
      browser,
      shop,
      tag(`token="${waitToken}" until="complete" status-pin_asked="Now your PIN"`),
    )
    await stage.define()
    await stage.part('time').waitFor()
    await backend.updateChallenge(challenge, { challengeStatus: 'pin_asked' })
    await stage.part('status').getByText('Now your PIN').waitFor()
    expect(await stage.element.getAttribute('state')).toBe('waiting')
    await backend.updateChallenge(challenge, { challengeStatus: 'something_else' })
    await stage.part('status').getByText(WAITING).waitFor()
    await backend.updateChallenge(challenge, { challengeStatus: 'denied', isChallengeComplete: true })
    await stage
      .part('status')
      .getByText(/^Denied/)
      .waitFor()
    expect((await stage.told()).filter(([event]) => event === 'outcome')).toEqual([['outcome', 'denied']])
  })

  it('counts down by the hub’s clock, however wrong the page’s is', async () => {
    const { waitToken } = await backend.createChallenge({ challengeTimeout: 120 })
    const stage = await setStage(browser, shop, tag(`token="${waitToken}"`))
    await stage.page.evaluate(() => {
      const now = Date.now
      Date.now = () => now() + 300_000
    })
    await stage.define()
    await stage.part('time').getByText('2 minutes left').waitFor()
  })

  it('counts down to the end of the question that a phone is asked, and anew when it is asked again', async () => {
    const { user, phone } = await pairPhone(shop.hub)
    const body = { user: { id: user }, retryable: true, challengeTimeout: 3_000 }
    const begun = await mfa<AuthenticationView>(shop.hub, 'POST', '/v1/deviceAuthentications', body)
    const { id, _embedded } = begun.body
    const stage = await setStage(browser, shop, tag(`token="${_embedded.challenge.waitToken}"`))
    await stage.define()
    await stage.part('time').getByText('2 minutes left').waitFor()
    const [shown] = await phone.approvals(shop.hub)
    await phone.decide(shop.hub, 'deny', shown as ApprovalView)
    await stage.part('time').getByText('50 minutes left').waitFor()
    await act(shop.hub, `/v1/deviceAuthentications/${id}`, 'device.select', { device: { id: phone.id } })
    await stage.part('time').getByText('2 minutes left').waitFor()
  })

  it('tells a screen reader the time at the marks only', async () => {
    const { waitToken } = await backend.createChallenge({ challengeTimeout: 18 })
    const stage = await setStage(browser, shop, tag(`token="${waitToken}"`))
    await stage.define()
    await stage
      .part('time')
      .getByText(/\b1[1-8] seconds left/)
      .waitFor()
    expect(await stage.part('announcement').textContent()).toBe('')
    await stage
      .part('time')
      .getByText(/\b[6-9] seconds left/)
      .waitFor()
    expect(await stage.part('announcement').textContent()).toBe('10 seconds left')
    expect(await stage.page.locator('[aria-live] [part=time]').count()).toBe(0)
  })

  it('counts in the language of its words, whatever the browser’s', async () => {
    const { waitToken } = await backend.createChallenge({})
    const words = tag(`token="${waitToken}" text-left="Noch {}"`)
    const stage = await setStage(
      browser,
      shop,
      `<div lang="">${tag(`token="${waitToken}"`)}</div><div lang="de">${words}</div>`,
      { locale: 'de-DE' },
    )
    await stage.define()
    await stage.part('time').nth(1).waitFor()
    expect(await stage.part('time').allTextContents()).toEqual(['5 minutes left', 'Noch 5 Minuten'])
  })

  it('says nothing of the time left until the hub has', async () => {
    const { waitToken } = await backend.createChallenge({ challengeTimeout: 25 })
    const stage = await setStage(browser, shop, tag(''))
    await stage.define()
    await stage.page.context().setOffline(true)
    await stage.element.evaluate((element, token) => element.setAttribute('token', token), waitToken)
    await stage.part('connection').getByText(/./).waitFor()
    // Four times as long as it takes to draw the time anew.
    await stage.page.waitForTimeout(1_000)
    expect(await stage.part('time').textContent()).toBe('')
    await stage.page.context().setOffline(false)
    await stage.part('time').getByText('seconds left').waitFor()
    expect(await stage.part('announcement').textContent()).toBe('')
  })

  it('says so while only polling works, and while nothing does', async () => {
    const { waitToken } = await backend.createChallenge({})
    const attributes = `token="${waitToken}" poll-interval="400" poll-retries="2" text-offline="Gone fishing"`
    const stage = await setStage(browser, shop, tag(attributes))
    const polls: string[] = []
    stage.page.on('request', (request) => polls.push(new URL(request.url()).search))
    await stage.page.evaluate(() => {
      // What a page meets whose policy refuses every socket.
      globalThis.WebSocket = class {
        constructor() {
          throw new DOMException('refused', 'SecurityError')
        }
      } as unknown as typeof WebSocket
    })
    await stage.define()
    await stage.part('connection').getByText('Live connection blocked: checking every few seconds').waitFor()
    await stage.page.context().setOffline(true)
    await stage.part('connection').getByText('Gone fishing').waitFor()
    expect(polls).toContain('?pollInterval=400&pollRetries=2&since=1')
    expect((await stage.told()).filter(([event]) => event === 'connection')).toEqual([
      ['connection', 'polling'],
      ['connection', 'offline'],
    ])
  })

  it('offers the way on when the wait has ended, however it ended', async () => {
    const { challenge, waitToken } = await backend.createChallenge({})
    const onward = tag(`token="${waitToken}" continue-href="/next" continue-label="Go on"`)
    const stage = await setStage(browser, shop, onward + tag('token="nonsense" continue-href="/lost"'))
    await stage.define()
    await stage.page.getByRole('link', { name: 'Continue' }).waitFor()
    await stage.part('time').first().waitFor()
    expect(await stage.page.getByRole('link').count()).toBe(1)
    await backend.updateChallenge(challenge, { challengeStatus: 'denied' })
    expect(await stage.page.getByRole('link', { name: 'Go on' }).getAttribute('href')).toBe('/next')
  })

  it('says when the hub will never answer its token, and tells the page why', async () => {
    const stage = await setStage(browser, shop, tag('token="nonsense"'))
    await stage.define()
    await stage.part('status').getByText('This page can wait no longer. Please start again.').waitFor()
    expect(await stage.element.getAttribute('state')).toBe('failed')
    expect((await stage.told()).filter(([event]) => event === 'error')).toEqual([['error', 'invalid_token']])
  })
})

describe('its token', () => {
  it('may be set as a property before the element is known', async () => {
    const { waitToken } = await backend.createChallenge({})
    const stage = await setStage(browser, shop, tag(''))
    await stage.element.evaluate((element, token) => Object.assign(element, { token }), waitToken)
    await stage.define()
    await stage.part('time').waitFor()
    expect(await stage.element.getAttribute('token')).toBeNull()
  })

  it('begins a new wait each time it is set, and ends the one before', async () => {
    const [one, two] = await Promise.all([backend.createChallenge({}), backend.createChallenge({})])
    const stage = await setStage(browser, shop, tag(`token="${one.waitToken}"`))
    const outcomes = async () => (await stage.told()).filter(([event]) => event === 'outcome')
    await stage.define()
    await stage.part('time').waitFor()
    await stage.element.evaluate((element, token) => element.setAttribute('token', token), two.waitToken)
    await backend.updateChallenge(one.challenge, { challengeStatus: 'denied' })
    await backend.updateChallenge(two.challenge, { challengeStatus: 'approved' })
    await stage
      .part('status')
      .getByText(/^Approved/)
      .waitFor()
    expect(await outcomes()).toEqual([['outcome', 'approved']])

    await stage.element.evaluate((element, token) => element.setAttribute('token', token), two.waitToken)
    await eventually(async () => expect(await outcomes()).toHaveLength(2))
  })

  it('leaves nothing behind when it is taken away', async () => {
    const { waitToken } = await backend.createChallenge({})
    const stage = await setStage(browser, shop, tag(`token="${waitToken}"`))
    await stage.define()
    await stage.part('time').waitFor()
    await stage.element.evaluate((element) => element.removeAttribute('token'))
    expect(await stage.element.getAttribute('state')).toBe('')
    for (const part of ['status', 'number', 'time', 'connection'])
      expect(await stage.part(part).isVisible()).toBe(false)
  })

  it('is let go of when the element leaves the page, and taken up when it comes back', async () => {
    const { challenge, waitToken } = await backend.createChallenge({})
    const before = await countWaiting()
    const stage = await setStage(browser, shop, tag(`token="${waitToken}"`))
    await stage.define()
    await eventually(async () => expect(await countWaiting()).toBe(before + 1))
    const element = await stage.element.elementHandle()
    await element?.evaluate((node) => node.remove())
    await eventually(async () => expect(await countWaiting()).toBe(before))

    await backend.updateChallenge(challenge, { challengeStatus: 'approved' })
    await element?.evaluate((node) => document.body.append(node))
    await stage
      .part('status')
      .getByText(/^Approved/)
      .waitFor()
  })
})

async function countWaiting(): Promise<number> {
  const headers = { authorization: `Bearer ${shop.hub.backend()}` }
  const stats = (await (await fetch(`${shop.hub.url}/v1/stats`, { headers })).json()) as { waiting: number }
  return stats.waiting
}
