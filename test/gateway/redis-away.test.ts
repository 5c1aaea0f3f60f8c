import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startHub } from '../support/hub.ts'
import { startRedis } from '../support/redis-server.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { call, create, type Pair, startPair, stats, update } from './pair.ts'
import { ask, dial, hangUpAll, openPage, openPerson, openPublisher, refusal } from './sockets.ts'
import { collectUnhandled } from './unhandled.ts'

/** "No watcher is more than 10 seconds behind." Milliseconds. */
const AT_LAST = { within: 10_000 }
const UNAVAILABLE = { code: 'store_unavailable', detail: expect.any(String), retryAfter: expect.any(Number) }

const unhandled = collectUnhandled()
afterEach(() => {
  hangUpAll()
  expect(unhandled).toEqual([])
})

describe('a Redis that is away', () => {
  let pair: Pair
  beforeAll(async () => {
    pair = await startPair({}, { appendonly: true })
  })
  afterAll(() => pair.stop())

  it.each([
    ['frozen', () => Promise.resolve(pair.redis.freeze()), () => Promise.resolve(pair.redis.thaw())],
    ['killed', () => pair.redis.kill(), () => pair.redis.restart()],
  ] as const)('%s: sockets stay, everyone is told, and then everything works again', async (how, away, back) => {
    const user = `ada-${how}`
    const [first, second] = await Promise.all([create(pair.a, { approver: user }), create(pair.a)])
    const pages = [pair.a, pair.b].map((hub) => openPage(hub.url, { token: first.waitToken }))
    const people = await Promise.all([pair.a, pair.b].map((hub) => openPerson(hub.url, hub.approver(user))))
    const publisher = await openPublisher(pair.a.url, pair.a.backend())
    await Promise.all(pages.map((page) => page.version(1)))
    const dying = await create(pair.b, { challengeTimeout: 1 })
    const lastGasp = openPage(pair.b.url, { token: dying.waitToken })
    await lastGasp.statuses.until(() => true)

    await away()
    const answers = await Promise.all([
      ...pages.map((page) => page.subscribe(second.waitToken)),
      ...people.map((person) => person.approve(first.challenge)),
      ...['get', 'update', 'poll'].map((event) => ask(publisher, event, { challenge: first.challenge })),
      ask(publisher, 'create', {}),
    ])
    for (const answer of answers) expect(answer).toEqual({ ok: false, error: UNAVAILABLE })
    const refusals = [
      refusal(dial(pair.a.url, '/waiting', { token: second.waitToken })),
      refusal(dial(pair.b.url, '/approving', { token: pair.b.approver('somebody-new') })),
    ]
    for (const { data } of await Promise.all(refusals)) expect(data).toEqual(UNAVAILABLE)
    const thrownOut = await call(pair.a, 'DELETE', `/v1/approvers/${user}/connections`)
    expect(thrownOut).toMatchObject({ status: 503, body: { code: 'store_unavailable' } })
    // Without Redis nobody knows of the others; that is no reason to keep whoever asks waiting.
    const began = performance.now()
    const counted = await stats(pair.a)
    expect(performance.now() - began).toBeLessThan(1_500)
    expect(counted).toMatchObject({ approvers: 1, instances: { answered: 1 } })
    const sockets = [...pages, ...people].map(({ socket }) => socket)
    expect([...sockets, publisher].filter(({ connected }) => !connected)).toEqual([])

    await back()
    await eventually(() => update(pair.a, first.challenge, { challengeStatus: 'seen' }), AT_LAST)
    for (const page of pages) {
      await page.statuses.until(({ challengeStatus }) => challengeStatus === 'seen', AT_LAST)
      expect(page.versions(first.challenge)).toEqual([1, 2])
    }
    // What expired meanwhile is told, though not at that moment.
    await lastGasp.statuses.until(({ challengeStatus }) => challengeStatus === 'timed_out', AT_LAST)
    // The adapter works again, in both directions.
    await eventually(async () => {
      for (const hub of [pair.a, pair.b]) {
        expect((await stats(hub)).instances).toEqual({ answered: 2, expected: 2 })
      }
    }, AT_LAST)
    expect(await people[1]?.deny(first.challenge)).toMatchObject({ ok: true })
    for (const person of people) {
      const news = await person.withdrawn.until(() => true, AT_LAST)
      expect(news).toEqual({ challenge: first.challenge, challengeStatus: 'denied' })
    }
    expect((await call(pair.b, 'DELETE', `/v1/approvers/${user}/connections`)).status).toBe(204)
    for (const person of people) expect(await person.closed).toBe('io server disconnect')
    // And nobody who was refused, or left, is waited for.
    hangUpAll()
    await eventually(async () => expect(await stats(pair.b)).toMatchObject({ waiting: 0, approvers: 0, watches: 0 }))
  })

  it('killed in the middle of what instances say to each other: nobody falls over', async () => {
    const asking = new Set<Promise<unknown>>()
    for (let round = 0; round < 2; round++) {
      let killed: Promise<void> | undefined
      for (let turn = 0; turn < 60; turn++) {
        asking.add(stats(pair.a))
        asking.add(call(pair.b, 'DELETE', `/v1/approvers/nobody-${turn}/connections`))
        await new Promise(setImmediate)
        if (turn === 30) killed = pair.redis.kill()
      }
      await killed
      await pair.redis.restart()
      await eventually(async () => {
        for (const hub of [pair.a, pair.b]) expect((await stats(hub)).instances.answered).toBe(2)
      }, AT_LAST)
    }
    expect((await Promise.allSettled(asking)).filter(({ status }) => status === 'rejected')).toEqual([])
  })

  it('killed and back again and again while pages come and go: the last word reaches everyone', async () => {
    const { challenge, waitToken } = await create(pair.b)
    const pages = [openPage(pair.a.url, { token: waitToken }), openPage(pair.b.url, { token: waitToken })]
    await Promise.all(pages.map((page) => page.version(1)))
    for (let round = 0; round < 3; round++) {
      const restarted = pair.redis.restart()
      const page = openPage(pair.a.url, { token: waitToken })
      page.socket.once('connect_error', () => undefined)
      await restarted
    }
    await eventually(() => update(pair.b, challenge, { challengeStatus: 'over', isChallengeComplete: true }), AT_LAST)
    for (const page of pages) await page.statuses.until(({ isChallengeComplete }) => isChallengeComplete, AT_LAST)
  })
})

it('a link that died without a word: what was missed arrives within ten seconds', async () => {
  await using redis = await startRedis()
  await using proxy = await startProxy(redis.url)
  const [near, far] = await Promise.all([startHub({ REDIS_URL: redis.url }), startHub({ REDIS_URL: proxy.url })])
  const { challenge, waitToken } = await create(near, { approver: 'ada' })
  const page = openPage(far.url, { token: waitToken })
  const person = await openPerson(far.url, far.approver('ada'))
  const revoked = far.approver('eve')
  const eve = await openPerson(far.url, revoked)
  await page.version(1)
  proxy.blackhole(true)
  await update(near, challenge, { challengeStatus: 'cancelled', isChallengeComplete: true })
  // Nothing that is said between instances gets through either.
  expect((await call(near, 'DELETE', '/v1/approvers/eve/connections')).status).toBe(204)
  expect((await stats(near)).instances).toEqual({ answered: 1, expected: 2 })
  // New connections work; the two that are open stay dead until somebody notices.
  proxy.blackhole(false)
  const ended = page.statuses.until(({ isChallengeComplete }) => isChallengeComplete, AT_LAST)
  const withdrawn = person.withdrawn.until(() => true, AT_LAST)
  expect(await withdrawn).toEqual({ challenge, challengeStatus: 'cancelled' })
  expect(await ended).toMatchObject({ challengeStatus: 'cancelled' })
  expect(page.versions(challenge)).toEqual([1, 2])
  expect(await eve.closed).toBe('io server disconnect')
  await eventually(async () => {
    expect((await refusal(dial(far.url, '/approving', { token: revoked }))).data?.code).toBe('invalid_token')
  }, AT_LAST)
  hangUpAll()
  await Promise.all([near.stop(), far.stop()])
})
