import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { revokeApprover } from '../../server/challenge/approver.ts'
import { createContext } from '../../server/challenge/context.ts'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { LIMITS } from '../challenge/samples.ts'
import { type RunningHub, startHub, TEST_STORE_KEY } from '../support/hub.ts'
import { call, create, type Pair, startPair } from './pair.ts'
import { closing, connected, dial, hangUpAll, openPerson, refusal } from './sockets.ts'

let pair: Pair
let alone: RunningHub
beforeAll(async () => {
  pair = await startPair()
  alone = await startHub()
})
afterAll(() => Promise.all([pair.stop(), alone.stop()]))
afterEach(hangUpAll)

const throwOut = (hub: RunningHub, user: string) =>
  call(hub, 'DELETE', `/v1/approvers/${encodeURIComponent(user)}/connections`)

/** A token counts its time of issue in whole seconds: one of the second of the revocation is dead, too. */
async function laterToken(hub: RunningHub, user: string): Promise<string> {
  await pause(1_100)
  return hub.approver(user)
}

describe('DELETE /v1/approvers/{user}/connections', () => {
  it('closes the user’s sockets on both instances, kills their tokens, and touches nobody else', async () => {
    const old = [pair.a.approver('ada'), pair.b.approver('ada', 'phone')] as const
    const people = await Promise.all([
      openPerson(pair.a.url, old[0]),
      openPerson(pair.a.url, old[1]),
      openPerson(pair.b.url, old[0]),
    ])
    const other = await openPerson(pair.b.url, pair.b.approver('adam'))
    expect(await throwOut(pair.a, 'ada')).toEqual({ status: 204, body: undefined })
    for (const person of people) expect(await person.closed).toBe('io server disconnect')
    for (const hub of [pair.a, pair.b]) {
      for (const token of old) {
        const { data } = await refusal(dial(hub.url, '/approving', { token }))
        expect(data).toEqual({ code: 'invalid_token', detail: expect.any(String) })
        expect((await call(hub, 'GET', '/v1/approvals', undefined, token)).status).toBe(401)
      }
    }
    const { challenge } = await create(pair.b, { approver: 'ada' })
    const decided = await call(pair.b, 'POST', `/v1/approvals/${challenge}`, { decision: 'approve' }, old[0])
    expect(decided).toMatchObject({ status: 401, body: { code: 'invalid_token' } })
    expect(await other.approve('n'.repeat(43))).toMatchObject({ error: { code: 'challenge_not_found' } })

    const token = await laterToken(pair.b, 'ada')
    for (const hub of [pair.a, pair.b]) {
      const { lists } = await openPerson(hub.url, token)
      expect(lists.heard[0]?.map((each) => each.challenge)).toEqual([challenge])
    }
    const again = await openPerson(pair.a.url, token)
    expect(await again.approve(challenge)).toMatchObject({ ok: true })
  })

  it('again and again, each time kills what was issued since', async () => {
    let token = pair.a.approver('bob')
    for (const hub of [pair.b, pair.a]) {
      const person = await openPerson(pair.a.url, token)
      await throwOut(hub, 'bob')
      await person.closed
      expect((await refusal(dial(pair.b.url, '/approving', { token }))).data?.code).toBe('invalid_token')
      token = await laterToken(pair.a, 'bob')
    }
    await openPerson(pair.b.url, token)
  })

  it('of somebody who was never here is remembered', async () => {
    const token = pair.a.approver('future')
    expect((await throwOut(pair.b, 'future')).status).toBe(204)
    expect((await refusal(dial(pair.a.url, '/approving', { token }))).data?.code).toBe('invalid_token')
  })

  it('works on one instance, too', async () => {
    const token = alone.approver('ada')
    const person = await openPerson(alone.url, token)
    await throwOut(alone, 'ada')
    expect(await person.closed).toBe('io server disconnect')
    expect((await refusal(dial(alone.url, '/approving', { token }))).data?.code).toBe('invalid_token')
    await openPerson(alone.url, await laterToken(alone, 'ada'))
  })

  it('is for backends that may write', async () => {
    const path = '/v1/approvers/ada/connections'
    const reader = pair.a.token({ scope: 'challenges:read', sub: 'reader' })
    for (const token of [reader, pair.a.approver('ada')]) {
      expect(await call(pair.a, 'DELETE', path, undefined, token)).toMatchObject({
        status: 403,
        body: { code: 'insufficient_scope' },
      })
    }
  })

  it('leaves the same user’s other business alone: a page, a backend of that name', async () => {
    const token = pair.a.token({ scope: 'challenges:write', sub: 'carol' })
    const publisher = dial(pair.a.url, '/publishing', { token })
    await connected(publisher)
    const person = await openPerson(pair.a.url, pair.a.approver('carol'))
    await throwOut(pair.b, 'carol')
    await person.closed
    expect(publisher.connected).toBe(true)
    expect((await call(pair.a, 'POST', '/v1/challenges', {}, token)).status).toBe(201)
  })
})

describe('an instance whose message was lost', () => {
  it('hears of it from the watched document: every socket is closed', async () => {
    const token = pair.a.approver('dora')
    const people = await Promise.all([pair.a, pair.b].map((hub) => openPerson(hub.url, token)))
    // The document alone, by somebody who sends no message between instances.
    const storeKeys = [Buffer.from(TEST_STORE_KEY, 'base64')]
    const store = await RedisStore.connect({ url: pair.redis.url, prefix: 'assent', storeKeys })
    const issueToken = () => ''
    await revokeApprover(createContext({ store, issueToken, onError: () => undefined, limits: LIMITS }), 'dora')
    for (const person of people) expect(await person.closed).toBe('io server disconnect')
    await store.close()
    expect((await refusal(dial(pair.b.url, '/approving', { token }))).data?.code).toBe('invalid_token')
  })
})

it('a person who is thrown out while connecting does not stay', async () => {
  const rounds = Array.from({ length: 20 }, async (_, round) => {
    const user = `hasty-${round}`
    const token = pair.a.approver(user)
    const socket = dial(pair.b.url, '/approving', { token })
    const ended = new Promise((resolve) => {
      socket.once('connect_error', resolve)
      void closing(socket).then(resolve)
    })
    for (let turns = round; turns > 0; turns--) await new Promise(setImmediate)
    await throwOut(pair.a, user)
    await ended
  })
  await Promise.all(rounds)
})
