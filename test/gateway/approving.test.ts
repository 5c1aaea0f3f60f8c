import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CreateChallengeBody } from '../../server/protocol/challenge.ts'
import { call, create, type Pair, startPair, update } from './pair.ts'
import { closing, hangUpAll, openPage, openPerson, type Person } from './sockets.ts'

const UNKNOWN = 'n'.repeat(43)
const display = { title: 'Pay 12 €', message: 'To the baker', fields: [{ label: 'Where', value: 'Ghent' }] }

let pair: Pair
let people = 0
beforeAll(async () => {
  pair = await startPair()
})
afterAll(async () => {
  hangUpAll()
  await pair.stop()
})

/** A person nobody has asked anything yet, at a phone on each instance. */
async function somebody() {
  const user = `person-${++people}`
  const [a, b] = await Promise.all([pair.a, pair.b].map((hub) => openPerson(hub.url, hub.approver(user))))
  const request = (body: CreateChallengeBody = {}) => create(pair.a, { approver: user, display, ...body })
  return { user, a: a as Person, b: b as Person, request }
}

const isOf = (challenge: string) => (news: { readonly challenge: string }) => news.challenge === challenge

describe('/approving', { concurrent: true }, () => {
  it('shows what is pending at once, oldest first, with what an approver may see and no more', async () => {
    const { user, a, request } = await somebody()
    expect(a.lists.heard).toEqual([[]])
    const first = await request({ numberMatching: 6, claimsNameValuePairs: [{ name: 'secret', value: 'claim' }] })
    const second = await create(pair.b, { approver: user })
    const third = await request({ numberMatching: 2 })
    const done = await request()
    await update(pair.b, done.challenge, { isChallengeComplete: true })
    await create(pair.a, { approver: `not-${user}`, display })
    await create(pair.a, { display })
    for (const hub of [pair.a, pair.b]) {
      const { lists } = await openPerson(hub.url, hub.approver(user))
      const [list = []] = lists.heard
      expect(list.map(({ challenge }) => challenge)).toEqual([first, second, third].map(({ challenge }) => challenge))
      expect(Object.keys(list[0] ?? {}).sort()).toEqual(
        ['challenge', 'createdDate', 'display', 'expiresDate', 'numberMatching', 'serverDate', 'version'].sort(),
      )
      expect(Object.keys(list[1] ?? {}).sort()).toEqual(
        ['challenge', 'createdDate', 'expiresDate', 'serverDate', 'version'].sort(),
      )
      expect(list[0]).toMatchObject({ display, numberMatching: 6, version: 1, expiresDate: first.expiresDate })
      expect(list[2]).toMatchObject({ numberMatching: 2 })
      expect(JSON.stringify(list)).not.toContain(first.number)
    }
  })

  it('the list over HTTP is the same', async () => {
    const { user, request } = await somebody()
    await Promise.all([request(), request(), request()])
    const { lists } = await openPerson(pair.b.url, pair.b.approver(user))
    const { body } = await call(pair.a, 'GET', '/v1/approvals', undefined, pair.a.approver(user))
    const withoutClock = (list: readonly object[] = []) => list.map((each) => ({ ...each, serverDate: 0 }))
    expect(withoutClock(body)).toEqual(withoutClock(lists.heard[0]))
  })

  it('tells of a new request on both instances, once, and to nobody else', async () => {
    const [{ a, b, request }, stranger] = await Promise.all([somebody(), somebody()])
    const { challenge, createdDate, expiresDate, number } = await request({ numberMatching: 6 })
    for (const person of [a, b]) {
      const news = await person.requested.until(isOf(challenge))
      expect(news).toEqual({
        challenge,
        version: 1,
        display,
        createdDate,
        expiresDate,
        numberMatching: 6,
        serverDate: expect.any(Number),
      })
      expect(JSON.stringify(news)).not.toContain(number)
    }
    const { challenge: theirs } = await stranger.request()
    for (const person of [stranger.a, stranger.b]) {
      await person.requested.until(isOf(theirs))
      expect(person.requested.heard).toHaveLength(1)
    }
    await update(pair.b, challenge, { challengeStatus: 'seen' })
    const { challenge: next } = await request()
    for (const person of [a, b]) {
      await person.requested.until(isOf(next))
      expect(person.requested.heard.map((news) => news.challenge)).toEqual([challenge, next])
    }
  })

  it.each([
    ['approved', 'approve'],
    ['denied', 'deny'],
  ] as const)('what is %s on one phone is withdrawn from the other, and the page hears', async (status, decide) => {
    const { user, a, b, request } = await somebody()
    const { challenge, waitToken } = await request()
    const page = openPage(pair.b.url, { token: waitToken })
    await Promise.all([a.requested.until(isOf(challenge)), b.requested.until(isOf(challenge)), page.version(1)])
    const answer = await a[decide](challenge, { reason: 'because I say so\nand twice' })
    expect(answer).toEqual({
      ok: true,
      challenge: {
        challenge,
        challengeStatus: status,
        isChallengeComplete: true,
        createdDate: expect.any(Number),
        statusUpdatedDate: expect.any(Number),
        expiresDate: expect.any(Number),
        version: 2,
        statusVersion: 2,
      },
    })
    expect(await b.withdrawn.until(isOf(challenge))).toEqual({ challenge, challengeStatus: status })
    expect(await a.withdrawn.until(isOf(challenge))).toEqual({ challenge, challengeStatus: status })
    expect(await page.version(2)).toMatchObject({ challengeStatus: status, isChallengeComplete: true })
    const { body } = await call(pair.b, 'GET', `/v1/challenges/${challenge}`)
    expect(body).toMatchObject({ decidedBy: user, reason: 'because I say so\nand twice' })
    const { lists } = await openPerson(pair.b.url, pair.b.approver(user))
    expect(lists.heard[0]).toEqual([])
  })

  it('what a backend takes back, or decides itself, is withdrawn from both', async () => {
    const { a, b, request } = await somebody()
    const [first, second] = await Promise.all([request(), request()])
    for (const { challenge } of [first, second]) {
      for (const person of [a, b]) await person.requested.until(isOf(challenge))
    }
    await update(pair.a, first.challenge, { challengeStatus: 'cancelled', isChallengeComplete: true })
    await update(pair.b, second.challenge, { isChallengeComplete: true })
    for (const person of [a, b]) {
      const cancelled = await person.withdrawn.until(isOf(first.challenge))
      expect(cancelled).toEqual({ challenge: first.challenge, challengeStatus: 'cancelled' })
      const ended = await person.withdrawn.until(isOf(second.challenge))
      expect(ended).toEqual({ challenge: second.challenge, challengeStatus: 'started' })
      expect(person.withdrawn.heard).toHaveLength(2)
    }
  })

  it('what expires is withdrawn from both at that moment', async () => {
    const { a, b, request } = await somebody()
    const { challenge, expiresDate } = await request({ challengeTimeout: 2 })
    for (const person of [a, b]) {
      await person.requested.until(isOf(challenge))
      const news = await person.withdrawn.until(isOf(challenge))
      expect(news).toEqual({ challenge, challengeStatus: 'timed_out' })
      expect(Date.now()).toBeGreaterThanOrEqual(expiresDate)
      expect(Date.now()).toBeLessThan(expiresDate + 2_000)
    }
  })

  it('a request that is complete from the start is asked of nobody', async () => {
    const { a, b, request } = await somebody()
    await request({ isChallengeComplete: true })
    const { challenge } = await request()
    for (const person of [a, b]) {
      await person.requested.until(isOf(challenge))
      expect(person.requested.heard).toHaveLength(1)
    }
  })

  it('a repeat of one’s own decision is answered like the first, the opposite is not', async () => {
    const { user, a, b, request } = await somebody()
    const { challenge } = await request()
    const first = await a.approve(challenge, { reason: 'once' })
    expect(first.ok).toBe(true)
    expect(await a.approve(challenge)).toEqual(first)
    expect(await b.approve(challenge, { reason: 'again' })).toEqual(first)
    const overHttp = await call(
      pair.b,
      'POST',
      `/v1/approvals/${challenge}`,
      { decision: 'approve' },
      pair.b.approver(user),
    )
    expect(overHttp).toEqual({ status: 200, body: first.challenge })
    expect(await b.deny(challenge)).toMatchObject({
      ok: false,
      error: { code: 'challenge_complete', detail: expect.any(String) },
      record: first.challenge,
    })
    const { body } = await call(pair.a, 'GET', `/v1/challenges/${challenge}`)
    expect(body).toMatchObject({ version: 2, reason: 'once' })
  })

  it('somebody else’s request looks like none at all, before and after it is complete', async () => {
    const [ada, eve] = await Promise.all([somebody(), somebody()])
    const { challenge, waitToken } = await ada.request({ numberMatching: 2 })
    const unknown = await eve.a.approve(UNKNOWN)
    expect(unknown).toEqual({ ok: false, error: { code: 'challenge_not_found', detail: expect.any(String) } })
    expect(await eve.a.deny(UNKNOWN)).toEqual(unknown)
    expect(await eve.a.approve(challenge, { number: '11' })).toEqual(unknown)
    expect(await eve.b.deny(challenge)).toEqual(unknown)
    // Nothing was spent and nothing moved.
    const page = openPage(pair.b.url, { token: waitToken })
    expect(await page.statuses.until(() => true)).toMatchObject({ version: 1 })
    await ada.a.deny(challenge)
    expect(await eve.a.deny(challenge)).toEqual(unknown)
    expect(await eve.b.approve(challenge)).toEqual(unknown)
  })

  it('a request without an approver is decided by backends alone', async () => {
    const { a } = await somebody()
    const { challenge } = await create(pair.b, { display })
    expect(await a.approve(challenge)).toMatchObject({ ok: false, error: { code: 'challenge_not_found' } })
    expect(await a.deny(challenge)).toMatchObject({ ok: false, error: { code: 'challenge_not_found' } })
    await update(pair.a, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
  })

  it('a request made while its approver connects is shown, and shown once', async () => {
    const rounds = Array.from({ length: 24 }, async (_, round) => {
      const user = `meanwhile-${round}`
      const asked = create(round % 2 ? pair.a : pair.b, { approver: user })
      for (let turns = round; turns > 0; turns--) await new Promise(setImmediate)
      const { lists, requested } = await openPerson(pair.a.url, pair.a.approver(user))
      const first = await asked
      const second = await create(pair.b, { approver: user })
      await requested.until(isOf(second.challenge))
      const shown = [...(lists.heard[0] ?? []), ...requested.heard].map(({ challenge }) => challenge)
      expect(shown).toEqual([first.challenge, second.challenge])
    })
    await Promise.all(rounds)
  })

  it('a user id may be any word', async () => {
    for (const user of ['../../etc', 'a b+c%2F', 'x'.repeat(200), '日本語', 'page:1', '__proto__']) {
      const { lists, requested, approve } = await openPerson(pair.b.url, pair.b.approver(user))
      expect(lists.heard[0]).toEqual([])
      const { challenge } = await create(pair.a, { approver: user })
      await requested.until(isOf(challenge))
      expect(await approve(challenge)).toMatchObject({ ok: true })
    }
  })

  it('an expired token ends the connection, and opens none', async () => {
    const { user } = await somebody()
    const brief = pair.a.token({ scope: 'challenges:approve', sub: user }, 2)
    const person = await openPerson(pair.a.url, brief)
    expect(await closing(person.socket)).toBe('io server disconnect')
    await expect(openPerson(pair.a.url, brief)).rejects.toThrow('expired_token')
  })
})
