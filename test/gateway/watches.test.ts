import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startHub } from '../support/hub.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { call, create, type Pair, startPair, stats, update } from './pair.ts'
import { openRaw } from './raw-socket.ts'
import { hangUpAll, openPage, openPerson } from './sockets.ts'

const BOTH = { answered: 2, expected: 2 }

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(() => pair.stop())
afterEach(hangUpAll)

describe('GET /v1/stats', () => {
  it('counts over both instances, whichever is asked, and says how many that were', async () => {
    const { challenge, waitToken } = await create(pair.a, { approver: 'ada' })
    const pages = [pair.a, pair.a, pair.b].map((hub) => openPage(hub.url, { token: waitToken }))
    await Promise.all(pages.map((page) => page.version(1)))
    const person = await openPerson(pair.b.url, pair.b.approver('ada'))
    const expected = { waiting: 3, approvers: 1, instances: BOTH }
    for (const hub of [pair.a, pair.b]) {
      const began = performance.now()
      expect(await stats(hub)).toMatchObject(expected)
      expect(performance.now() - began).toBeLessThan(1_000)
    }
    await person.approve(challenge)
    person.socket.disconnect()
    await Promise.all(pages.map((page) => page.closed))
    await eventually(async () => {
      expect(await stats(pair.a)).toEqual({ waiting: 0, approvers: 0, watches: 0, instances: BOTH })
    })
  })

  it('twenty at once are all right', async () => {
    const { waitToken } = await create(pair.a)
    const page = openPage(pair.b.url, { token: waitToken })
    await page.version(1)
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => stats(at % 2 ? pair.a : pair.b)))
    for (const each of all) expect(each).toMatchObject({ waiting: 1, approvers: 0, instances: BOTH })
  })

  it('one instance answers for itself', async () => {
    const alone = await startHub()
    const page = openPage(alone.url, { token: (await create(alone)).waitToken })
    await page.version(1)
    expect(await stats(alone)).toEqual({
      waiting: 1,
      approvers: 0,
      watches: 1,
      instances: { answered: 1, expected: 1 },
    })
    await alone.stop()
  })

  it('is for backends that may read', async () => {
    const { waitToken } = await create(pair.a)
    for (const token of [waitToken, pair.a.approver('ada'), pair.a.token({ scope: 'challenges:write', sub: 'x' })]) {
      expect((await call(pair.a, 'GET', '/v1/stats', undefined, token)).status).toBe(403)
    }
  })
})

describe('watches', () => {
  it('one per instance serves all its pages, and a reload costs none', async () => {
    const { challenge, waitToken } = await create(pair.a)
    const open = (hub: { url: string }) => openPage(hub.url, { token: waitToken })
    const pages = [pair.a, pair.a, pair.b, pair.b].map(open)
    await Promise.all(pages.map((page) => page.version(1)))
    await eventually(async () => expect(await stats(pair.a)).toMatchObject({ waiting: 4, watches: 2 }))
    const subscribed = async () =>
      Number(/ssubscribe:calls=(\d+)/.exec(await pair.redis.cli('info', 'commandstats'))?.[1])
    const before = await subscribed()

    for (const page of pages) page.socket.disconnect()
    const reloaded = [pair.a, pair.a, pair.b, pair.b].map(open)
    await Promise.all(reloaded.map((page) => page.version(1)))
    expect(await stats(pair.b)).toMatchObject({ watches: 2 })
    expect(await subscribed()).toBe(before)

    await update(pair.b, challenge, { challengeStatus: 'seen' })
    await Promise.all(reloaded.map((page) => page.version(2)))
    expect(pages.map((page) => page.versions(challenge))).toEqual([[1], [1], [1], [1]])
  })

  it('end when the last page leaves, and when it ends', async () => {
    const [left, ended] = await Promise.all([create(pair.a), create(pair.a)])
    const pages = [left, ended].map(({ waitToken }) => openPage(pair.b.url, { token: waitToken }))
    await Promise.all(pages.map((page) => page.version(1)))
    pages[0]?.socket.disconnect()
    await update(pair.a, ended.challenge, { isChallengeComplete: true })
    await eventually(async () => expect(await stats(pair.a)).toMatchObject({ waiting: 0, watches: 0 }))
  })

  it('of refused pages are none', async () => {
    const unknown = pair.a.token({ scope: 'challenges:wait', challenge: 'n'.repeat(43), since: 1 })
    const pages = Array.from({ length: 20 }, () => openPage(pair.a.url, { token: unknown }))
    await Promise.all(pages.map((page) => new Promise((resolve) => page.socket.once('connect_error', resolve))))
    await eventually(async () => expect(await stats(pair.a)).toMatchObject({ waiting: 0, watches: 0 }))
  })

  it('of those who hang up before they are let in are none', async () => {
    // Every answer of this one's Redis takes long enough to leave meanwhile.
    await using proxy = await startProxy(pair.redis.url)
    const slow = await startHub({ REDIS_URL: proxy.url })
    const made = await Promise.all(Array.from({ length: 10 }, () => create(pair.a)))
    proxy.delay({ toClient: 50 })
    const knocks = [
      ...made.map(({ waitToken }) => ['/waiting', waitToken] as const),
      ...made.map((_, at) => ['/approving', slow.approver(`hasty-${at}`)] as const),
    ]
    for (const [namespace, token] of knocks) {
      const hasty = await openRaw(slow.url)
      hasty.say(`40${namespace},${JSON.stringify({ token })}`)
      // Answered in the order of asking: when this refusal comes, the other one is being prepared.
      hasty.say('40/publishing,{"token":"x"}')
      await hasty.hear('44/publishing,')
      expect(hasty.frames.heard.filter((frame) => frame.startsWith(`40${namespace}`))).toEqual([])
      hasty.hangUp()
    }
    await eventually(async () => {
      expect(await stats(slow)).toMatchObject({ waiting: 0, approvers: 0, watches: 0 })
    })
    await slow.stop()
  })

  it('of an approver are the person, the inbox and what is pending; afterwards none', async () => {
    const person = await openPerson(pair.a.url, pair.a.approver('wanda'))
    const made = await Promise.all([1, 2, 3].map(() => create(pair.b, { approver: 'wanda' })))
    await person.requested.until(() => person.requested.heard.length === 3)
    expect((await stats(pair.b)).watches).toBe(5)
    for (const { challenge } of made) await person.approve(challenge)
    await eventually(async () => expect((await stats(pair.b)).watches).toBe(2))
    person.socket.disconnect()
    await eventually(async () => expect((await stats(pair.b)).watches).toBe(0))
  })
})
