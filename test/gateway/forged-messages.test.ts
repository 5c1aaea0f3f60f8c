import { once } from 'node:events'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CHALLENGE } from '../../server/challenge/challenge.ts'
import { plainSeal } from '../../server/store/redis/seal.ts'
import { nameInRedis } from './names-in-redis.ts'
import { create, type Pair, startPair, stats, update } from './pair.ts'
import { hangUpAll, openPage, openPerson } from './sockets.ts'

/*
 * Whoever can write to Redis can publish on the channels of Socket.IO's adapter, and plain Socket.IO believes what it hears
 * there. The hub does not.
 */

const CHANNEL = 'assent:topic:adapter#/waiting#'
const APPROVING = 'assent:topic:adapter#/approving#'

let pair: Pair
/** The intruder: may do everything in Redis, and has no store key. */
let intruder: Redis
beforeAll(async () => {
  pair = await startPair()
  intruder = new Redis(pair.redis.url)
})
afterAll(async () => {
  intruder.disconnect()
  await pair.stop()
})
afterEach(hangUpAll)

/** What Socket.IO's sharded adapter sends for `io.of(nsp).to(rooms).emit(...)`, and the like. */
const envelope = (nsp: string, type: number, body: object) =>
  JSON.stringify({ type, data: body, uid: '0123456789abcdef', nsp })
const broadcast = (nsp: string, rooms: readonly string[], ...event: unknown[]) =>
  envelope(nsp, 3, { packet: { type: 2, data: event, nsp }, opts: { rooms, except: [], flags: {} } })
/** As a hub without a store key would send it. */
const unsealed = (message: string) => plainSeal.seal({ name: '', version: 1, commitId: '' }, 1, message)

describe('a forged message between instances', () => {
  it('reaches no page: not on its room, not on all of them', async () => {
    const { challenge, waitToken } = await create(pair.a)
    const pages = [pair.a, pair.b].map((hub) => openPage(hub.url, { token: waitToken }))
    await Promise.all(pages.map((page) => page.version(1)))
    const lie = { challenge, challengeStatus: 'approved', isChallengeComplete: true, version: 9, statusVersion: 9 }
    // Pages are none of the adapter's business. Both instances listen to the other one, so that this proves something.
    expect(await intruder.call('PUBSUB', 'SHARDNUMSUB', CHANNEL, APPROVING)).toEqual([CHANNEL, 0, APPROVING, 2])
    const socketIds = pages.map((page) => page.socket.id ?? '')
    for (const rooms of [[`page:${challenge}`], [challenge], [], socketIds]) {
      for (const message of [
        broadcast('/waiting', rooms, 'status', lie),
        broadcast('/waiting', rooms, 'gone', { challenge }),
        envelope('/waiting', 6, { opts: { rooms, except: [], flags: {} }, close: true }),
      ]) {
        for (const form of [message, unsealed(message)]) {
          expect(await intruder.spublish(CHANNEL, form)).toBe(0)
          expect(await intruder.spublish(APPROVING, form)).toBe(2)
        }
      }
    }
    for (const nonsense of ['', '{', '{}', 'null', '\u0000', Buffer.from([0x84, 0xa4]), 'x'.repeat(100_000)]) {
      await intruder.spublish(APPROVING, nonsense)
    }
    // On the same connection, after the lies.
    await update(pair.b, challenge, { challengeStatus: 'seen' })
    for (const page of pages) {
      await page.version(2)
      expect(page.statuses.heard.map(({ challengeStatus }) => challengeStatus)).toEqual(['started', 'seen'])
      expect(page.gone.heard).toEqual([])
      expect(page.socket.connected).toBe(true)
    }
  })

  it('asks no approver and throws none out', async () => {
    const people = await Promise.all([pair.a, pair.b].map((hub) => openPerson(hub.url, hub.approver('ada'))))
    const lie = { challenge: 'x'.repeat(43), version: 1, display: { title: 'Give me your money' } }
    for (const rooms of [['approver:ada'], []]) {
      expect(await intruder.spublish(APPROVING, broadcast('/approving', rooms, 'requested', lie))).toBe(2)
      await intruder.spublish(
        APPROVING,
        envelope('/approving', 6, { opts: { rooms, except: [], flags: {} }, close: true }),
      )
    }
    const { challenge } = await create(pair.b, { approver: 'ada' })
    for (const person of people) {
      await person.requested.until((news) => news.challenge === challenge)
      expect(person.requested.heard).toHaveLength(1)
      expect(person.socket.connected).toBe(true)
    }
  })

  it('counts nobody who is not there', async () => {
    const lie = { waiting: 1e6, approvers: 1e6, watches: 1e6 }
    const asking = stats(pair.a)
    for (const event of [
      ['count', 'x'],
      ['counted', 'x', lie],
    ]) {
      expect(await intruder.spublish(APPROVING, envelope('/approving', 9, { packet: event }))).toBe(2)
    }
    expect(await asking).toMatchObject({ waiting: 0, approvers: 0, instances: { answered: 2, expected: 2 } })
  })
})

it('a forged message on a challenge’s own channel releases nobody', async () => {
  const { challenge, waitToken } = await create(pair.a)
  const page = openPage(pair.b.url, { token: waitToken })
  await page.version(1)
  const name = await nameInRedis(pair.redis, CHALLENGE, challenge)
  expect(await intruder.call('PUBSUB', 'SHARDNUMSUB', name)).toEqual([name, 1])
  const lie = JSON.stringify({ id: challenge, version: 9, status: 'approved', complete: true, statusVersion: 9 })
  for (const message of [
    `9 forged\n${lie}`,
    lie,
    '9 forged\n',
    `2 forged ${'x'.repeat(99)}\n`,
    '',
    '1 forged\n',
    '-1 x\n',
  ]) {
    expect(await intruder.spublish(name, message)).toBe(1)
  }
  await update(pair.a, challenge, { challengeStatus: 'seen' })
  await page.version(2)
  expect(page.statuses.heard.map(({ challengeStatus }) => challengeStatus)).toEqual(['started', 'seen'])
})

it('what was sealed for one challenge releases nobody who waits on another', async () => {
  const [mine, other] = await Promise.all([create(pair.a), create(pair.a)])
  const pages = [mine, other].map(({ waitToken }) => openPage(pair.b.url, { token: waitToken }))
  await Promise.all(pages.map((page) => page.version(1)))
  const [theirs, ours] = await Promise.all(
    [other, mine].map(({ challenge }) => nameInRedis(pair.redis, CHALLENGE, challenge)),
  )
  const ear = intruder.duplicate()
  await ear.ssubscribe(theirs ?? '')
  const overheard = once(ear, 'smessageBuffer') as Promise<[Buffer, Buffer]>
  await update(pair.a, other.challenge, { challengeStatus: 'approved', isChallengeComplete: true })
  const [, message] = await overheard
  ear.disconnect()
  await pages[1]?.version(2)
  expect(String(message)).not.toContain('approved')
  expect(await intruder.spublish(ours ?? '', message)).toBe(1)
  await update(pair.a, mine.challenge, { challengeStatus: 'seen' })
  await pages[0]?.version(2)
  expect(pages[0]?.statuses.heard.map(({ challengeStatus }) => challengeStatus)).toEqual(['started', 'seen'])
})

it('a hub without a store key does not take a page’s status from what instances say to each other either', async () => {
  await using open = await startPair({ STORE_KEY: '' })
  const client = new Redis(open.redis.url)
  const { challenge, waitToken } = await create(open.a)
  const page = openPage(open.b.url, { token: waitToken })
  await page.version(1)
  const lie = { challenge, challengeStatus: 'approved', isChallengeComplete: true, version: 9, statusVersion: 9 }
  const message = broadcast('/waiting', [`page:${challenge}`], 'status', lie)
  expect(await client.spublish(APPROVING, unsealed(message))).toBe(2)
  client.disconnect()
  await update(open.a, challenge, { challengeStatus: 'seen' })
  await page.statuses.until(({ challengeStatus }) => challengeStatus === 'seen')
  expect(page.statuses.heard.map(({ challengeStatus }) => challengeStatus)).toEqual(['started', 'seen'])
  hangUpAll()
})
