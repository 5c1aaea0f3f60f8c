import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { TEST_SECRET } from '../support/hub.ts'
import { create, type Pair, startPair, update } from './pair.ts'
import { ask, hangUpAll, openPage } from './sockets.ts'

const UNKNOWN = 'n'.repeat(43)

let pair: Pair
beforeAll(async () => {
  pair = await startPair()
})
afterAll(() => pair.stop())
afterEach(hangUpAll)

describe('subscribe: a further challenge over the same socket', () => {
  it('is acknowledged with the challenge, and its news come from whichever instance', async () => {
    const [first, second] = await Promise.all([create(pair.a), create(pair.b)])
    const page = openPage(pair.a.url, { token: first.waitToken })
    await page.version(1, first.challenge)
    const answer = await page.subscribe(second.waitToken)
    expect(answer).toMatchObject({ ok: true, challenge: { challenge: second.challenge, version: 1 } })
    expect(answer.challenge).not.toHaveProperty('claimsNameValuePairs')
    await page.version(1, second.challenge)
    await update(pair.b, second.challenge, { challengeStatus: 'seen' })
    await update(pair.b, first.challenge, { challengeStatus: 'seen' })
    await page.version(2, second.challenge)
    await page.version(2, first.challenge)
  })

  it('keeps the socket open until the last is complete', async () => {
    const [first, second] = await Promise.all([create(pair.a), create(pair.a)])
    const page = openPage(pair.a.url, { token: first.waitToken })
    await page.version(1)
    await page.subscribe(second.waitToken)
    const lonely = openPage(pair.a.url, { token: first.waitToken })
    await update(pair.b, first.challenge, { isChallengeComplete: true })
    // It has the same reason to close, and one less not to.
    await lonely.closed
    expect(page.socket.connected).toBe(true)
    await update(pair.b, second.challenge, { challengeStatus: 'denied', isChallengeComplete: true })
    await page.version(2, second.challenge)
    expect(await page.closed).toBe('io server disconnect')
  })

  it('in the moment before closing keeps the socket open', async () => {
    const [first, second, third] = await Promise.all([create(pair.a), create(pair.a), create(pair.a)])
    const page = openPage(pair.a.url, { token: first.waitToken })
    const lonely = openPage(pair.a.url, { token: third.waitToken })
    await Promise.all([page.version(1), lonely.version(1)])
    await update(pair.b, first.challenge, { isChallengeComplete: true })
    await page.version(2, first.challenge)
    expect(await page.subscribe(second.waitToken)).toMatchObject({ ok: true })
    await update(pair.b, third.challenge, { isChallengeComplete: true })
    await lonely.closed
    expect(page.socket.connected).toBe(true)
  })

  it('asked for twice is told once', async () => {
    const { challenge, waitToken } = await create(pair.a)
    const page = openPage(pair.a.url, { token: waitToken })
    await page.version(1)
    expect(await page.subscribe(waitToken)).toMatchObject({ ok: true })
    await update(pair.b, challenge, { challengeStatus: 'seen' })
    await update(pair.b, challenge, { challengeStatus: 'typing' })
    await page.version(3)
    expect(page.versions(challenge).filter((version) => version > 1)).toEqual([2, 3])
  })

  it('takes fifty in all, and says so', async () => {
    const more = await Promise.all(Array.from({ length: 50 }, () => create(pair.a)))
    const page = openPage(pair.a.url, { token: (await create(pair.a)).waitToken })
    await page.version(1)
    for (const { waitToken } of more.slice(0, 49)) expect(await page.subscribe(waitToken)).toMatchObject({ ok: true })
    expect(await page.subscribe(more[49]?.waitToken)).toMatchObject({ ok: false, error: { code: 'too_many_requests' } })
    expect(page.socket.connected).toBe(true)
  })

  it('takes fifty in all however quickly they are asked for', async () => {
    const more = await Promise.all(Array.from({ length: 80 }, () => create(pair.a)))
    const page = openPage(pair.a.url, { token: (await create(pair.a)).waitToken })
    await page.version(1)
    const answers = await Promise.all(more.map(({ waitToken }) => page.subscribe(waitToken)))
    expect(answers.filter(({ ok }) => ok)).toHaveLength(49)
    expect(new Set(answers.filter(({ ok }) => !ok).map(({ error }) => error?.code))).toEqual(
      new Set(['too_many_requests']),
    )
  })

  it('is refused with a word for what is wrong, and leaves the first subscription alone', async () => {
    const { challenge, waitToken } = await create(pair.a)
    const page = openPage(pair.a.url, { token: waitToken })
    await page.version(1)
    const foreign = (claims: { scope: string; sub?: string; challenge?: string }) =>
      pair.a.token({ since: 1, ...claims })
    const tries: readonly (readonly [unknown, string])[] = [
      [foreign({ scope: 'challenges:wait', challenge: UNKNOWN }), 'challenge_not_found'],
      [pair.a.token({ scope: 'challenges:wait', challenge, since: 1 }, -60), 'expired_token'],
      [`${waitToken.slice(0, -4)}AAAA`, 'invalid_token'],
      ['garbage', 'invalid_token'],
      ['', 'invalid_token'],
      [foreign({ scope: 'challenges:wait' }), 'invalid_token'],
      [foreign({ scope: 'nothing', sub: 'x', challenge }), 'insufficient_scope'],
      [pair.a.approver('ada'), 'insufficient_scope'],
      [pair.a.backend(), 'invalid_request'],
      [undefined, 'invalid_request'],
      [7, 'invalid_request'],
      [{ token: waitToken }, 'invalid_request'],
    ]
    const codes: (string | undefined)[] = []
    for (const [token] of tries) {
      const { ok, error } = await page.subscribe(token)
      codes.push(ok ? 'ok' : error?.code)
      expect(JSON.stringify(error)).not.toContain(TEST_SECRET)
      expect(error?.detail).toMatch(/\S/)
    }
    expect(codes).toEqual(tries.map(([, code]) => code))
    await update(pair.b, challenge, { challengeStatus: 'seen' })
    await page.version(2, challenge)
  })

  it.each([
    ['nothing', []],
    ['null', [null]],
    ['a word', ['token']],
    ['a number', [7]],
    ['a list', [[{ token: 'x' }]]],
    ['bytes', [Buffer.from('token')]],
    ['more than was asked for', [{ token: 'x', challenge: 'y' }]],
  ])('%s instead of a body is refused by name', async (_what, body) => {
    const page = openPage(pair.a.url, { token: (await create(pair.a)).waitToken })
    await page.version(1)
    expect(await ask(page.socket, 'subscribe', ...body)).toMatchObject({
      ok: false,
      error: { code: 'invalid_request', errors: expect.any(Array) },
    })
    expect(page.socket.connected).toBe(true)
  })

  it('without an acknowledgement is no harm', async () => {
    const { challenge, waitToken } = await create(pair.a)
    const page = openPage(pair.a.url, { token: waitToken })
    await page.version(1)
    page.socket.emit('subscribe')
    page.socket.emit('subscribe', { token: 'garbage' })
    page.socket.emit('subscribe', null, 7, 'x')
    await update(pair.b, challenge, { challengeStatus: 'seen' })
    await page.version(2)
  })
})

it('an expired token ends its own subscription only', async () => {
  const [brief, lasting] = await Promise.all([create(pair.a), create(pair.a)])
  const token = pair.a.token({ scope: 'challenges:wait', challenge: brief.challenge, since: 1 }, 1)
  const page = openPage(pair.a.url, { token })
  const lonely = openPage(pair.a.url, { token })
  await Promise.all([page.version(1), lonely.version(1)])
  await page.subscribe(lasting.waitToken)
  // Nothing is left for this one to wait on.
  await lonely.closed
  const before = page.versions(brief.challenge).length
  await eventually(async () => {
    const { version } = await update(pair.b, brief.challenge, { challengeStatus: `at ${performance.now()}` })
    const later = await update(pair.b, lasting.challenge, { challengeStatus: `after ${version}` })
    await page.version(later.version, lasting.challenge)
    expect(page.versions(brief.challenge)).not.toContain(version)
  })
  expect(page.versions(brief.challenge).length - before).toBeLessThan(3)
  expect(page.socket.connected).toBe(true)
})
