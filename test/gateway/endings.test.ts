import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHALLENGE } from '../../server/challenge/challenge.ts'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub, TEST_STORE_KEY } from '../support/hub.ts'
import { nameInRedis } from './names-in-redis.ts'
import { call, create, type Pair, startPair, update } from './pair.ts'
import { hangUpAll, openPage, openPerson, type Status } from './sockets.ts'

/** How late a commit at the moment of expiry may be, typically. Milliseconds. */
const AT_ONCE = 100
/** "No watcher is more than 10 seconds behind." Milliseconds. */
const AT_LAST = { within: 10_000 }

let pair: Pair
let alone: RunningHub
/** Somebody else with the same keys: writes and deletes behind the hubs' backs. */
let store: RedisStore
beforeAll(async () => {
  pair = await startPair()
  alone = await startHub()
  const storeKeys = [Buffer.from(TEST_STORE_KEY, 'base64')]
  store = await RedisStore.connect({ url: pair.redis.url, prefix: 'assent', storeKeys })
})
afterAll(async () => {
  hangUpAll()
  await store.close()
  await Promise.all([alone.stop(), pair.stop()])
})

it('expiry is told at the moment it happens, on both instances, and once', async () => {
  const late: number[] = []
  const rounds = Array.from({ length: 6 }, async (_, round) => {
    await new Promise((resolve) => setTimeout(resolve, round * 37))
    const { challenge, waitToken, expiresDate } = await create(pair.a, { challengeTimeout: 2 })
    // A timer of our own for the same moment tells how late everything is on a busy machine.
    const ours = new Promise<number>((resolve) => setTimeout(() => resolve(Date.now()), expiresDate - Date.now()))
    const pages = [pair.a, pair.a, pair.b].map((hub) => openPage(hub.url, { token: waitToken }))
    const ends = pages.map((page) => page.statuses.until(hasTimedOut).then((status) => ({ status, at: Date.now() })))
    for (const { status, at } of await Promise.all(ends)) {
      expect(status).toMatchObject({ challenge, isChallengeComplete: true, version: 2, statusVersion: 2, expiresDate })
      expect(status.statusUpdatedDate).toBeGreaterThanOrEqual(expiresDate)
      expect(status.serverDate).toBeGreaterThanOrEqual(expiresDate)
      // Redis runs on this machine, so that its clock is ours.
      expect(at).toBeGreaterThanOrEqual(expiresDate)
      late.push(at - (await ours))
    }
    for (const page of pages) {
      expect(await page.closed).toBe('io server disconnect')
      expect(page.versions(challenge).filter((version) => version > 1)).toEqual([2])
    }
  })
  await Promise.all(rounds)
  // Not each of them: the pauses of a busy machine say nothing about the hub.
  expect(late.sort((a, b) => a - b)[late.length >> 2]).toBeLessThan(AT_ONCE)
  expect(late.at(-1)).toBeLessThan(10 * AT_ONCE)
})

describe('expiry', { concurrent: true }, () => {
  it('is told on the memory store, too', async () => {
    const { waitToken } = await create(alone, { challengeTimeout: 1 })
    const page = openPage(alone.url, { token: waitToken })
    const status = await page.statuses.until(hasTimedOut)
    expect(status.isChallengeComplete).toBe(true)
    expect(status.serverDate).toBeGreaterThanOrEqual(status.expiresDate)
  })

  it('is not moved by updates, and nobody can decide afterwards', async () => {
    const { challenge, waitToken, expiresDate } = await create(pair.a, { challengeTimeout: 3, approver: 'late' })
    const person = await openPerson(pair.b.url, pair.b.approver('late'))
    const page = openPage(pair.a.url, { token: waitToken })
    await page.version(1)
    await update(pair.b, challenge, { challengeStatus: 'seen' })
    const status = await page.statuses.until(hasTimedOut)
    expect(status.expiresDate).toBe(expiresDate)
    expect(await person.withdrawn.until(() => true)).toEqual({ challenge, challengeStatus: 'timed_out' })
    for (const decide of [person.approve, person.deny]) {
      expect(await decide(challenge)).toMatchObject({
        ok: false,
        error: { code: 'challenge_complete' },
        record: { challenge, challengeStatus: 'timed_out', isChallengeComplete: true },
      })
    }
  })

  it('of a challenge nobody watched is told to the page that comes afterwards', async () => {
    const { waitToken, expiresDate } = await create(pair.a, { challengeTimeout: 1 })
    await new Promise((resolve) => setTimeout(resolve, expiresDate - Date.now() + 50))
    const page = openPage(pair.b.url, { token: waitToken })
    const status = await page.statuses.until(hasTimedOut)
    expect(status).toMatchObject({ isChallengeComplete: true, version: 2 })
    expect(await page.closed).toBe('io server disconnect')
  })
})

describe('vanishing', { concurrent: true }, () => {
  it('at the end of the grace time is told on both instances', async () => {
    const { challenge, waitToken } = await create(pair.a, { approver: 'vera' })
    const pages = [pair.a, pair.b].map((hub) => openPage(hub.url, { token: waitToken }))
    const people = await Promise.all([pair.a, pair.b].map((hub) => openPerson(hub.url, hub.approver('vera'))))
    await Promise.all(pages.map((page) => page.version(1)))
    const now = await store.read(CHALLENGE, challenge)
    if (!now) throw new Error('the store has another name for it')
    expect(await store.commit(CHALLENGE, challenge, { ...now, version: 2, purgeAt: store.now() + 500 })).toBe(
      'committed',
    )
    await Promise.all(pages.map((page) => page.version(2)))
    for (const page of pages) {
      expect(await page.gone.until(() => true, AT_LAST)).toEqual({ challenge })
      expect(await page.closed).toBe('io server disconnect')
      expect(page.gone.heard).toHaveLength(1)
      expect(page.versions(challenge)).toEqual([1, 2])
    }
    for (const person of people) {
      expect(await person.withdrawn.until(() => true, AT_LAST)).toMatchObject({ challenge })
      expect(await person.approve(challenge)).toMatchObject({ ok: false, error: { code: 'challenge_not_found' } })
    }
    const token = waitToken
    expect((await call(pair.b, 'GET', `/v1/challenges/${challenge}`, undefined, token)).status).toBe(404)
  })

  it('by somebody’s hand is told, and leaves what else the socket waits on', async () => {
    const [doomed, other] = await Promise.all([create(pair.a), create(pair.b)])
    const page = openPage(pair.a.url, { token: doomed.waitToken })
    await page.version(1)
    await page.subscribe(other.waitToken)
    await pair.redis.cli('del', await nameInRedis(pair.redis, CHALLENGE, doomed.challenge))
    expect(await page.gone.until(() => true, AT_LAST)).toEqual({ challenge: doomed.challenge })
    await update(pair.b, other.challenge, { challengeStatus: 'seen' })
    await page.version(2, other.challenge)
    expect(await page.subscribe(doomed.waitToken)).toMatchObject({ ok: false, error: { code: 'challenge_not_found' } })
  })
})

it('a page whose ending a failover has undone is told so, and waits on', async () => {
  const { challenge, waitToken } = await create(pair.a)
  const page = openPage(pair.a.url, { token: waitToken })
  await page.version(1)
  const client = new Redis(pair.redis.url)
  const name = await nameInRedis(pair.redis, CHALLENGE, challenge)
  const before = (await client.getBuffer(name)) ?? Buffer.of()
  await update(pair.a, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
  await page.version(2)
  // What a replica that lags behind brings back; and a message nobody can believe, at which the hub looks.
  await client.set(name, before)
  await client.spublish(name, '2 another\n')
  client.disconnect()
  await eventually(() => expect(page.versions(challenge)).toEqual([1, 2, 1]))
  // Past the moment at which the hub closes sockets that wait for nothing more.
  expect(await Promise.race([page.closed, pause(1_500, 'still open')])).toBe('still open')
  await update(pair.b, challenge, { challengeStatus: 'denied', isChallengeComplete: true })
  await page.statuses.until(({ challengeStatus }) => challengeStatus === 'denied')
  expect(page.versions(challenge)).toEqual([1, 2, 1, 2])
  expect(await page.closed).toBe('io server disconnect')
})

function hasTimedOut({ challengeStatus }: Status): boolean {
  return challengeStatus === 'timed_out'
}
