import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { approvals, create, decide, get, update as patch } from '../../server/challenge/capabilities.ts'
import { CHALLENGE } from '../../server/challenge/challenge.ts'
import type { ChallengeContext } from '../../server/challenge/context.ts'
import { INBOX } from '../../server/challenge/inbox.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { type CommitResult, type Store, StoreUnavailable } from '../../server/store/store.ts'
import { ADA, backend, contextOn, countedIds, OPENED } from './samples.ts'

const SHOP = backend('shop')
const BANK = backend('bank')
const SECOND = 1_000
/** How long a complete challenge stays readable. */
const GRACE = 300 * SECOND

let store: MemoryStore
let context: ChallengeContext

beforeEach(() => {
  // The store forgets by timers, so they follow the clock that is set here.
  vi.useFakeTimers({ now: OPENED, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  store = new MemoryStore({ now: () => Date.now() })
  context = contextOn(store, countedIds(), { pendingPerApprover: 100, requestsPerApproverMinute: 1_000 })
})
afterEach(async () => {
  vi.useRealTimers()
  await store.close()
})

const pass = (ms: number) => vi.advanceTimersByTime(ms)
const open = async (body: object = {}, key = 'k', who = SHOP) => (await create(context, who, body, key)).challenge
const asked = { approver: 'ada' }

describe('the same key from the same caller', () => {
  it('gives the same challenge', async () => {
    const first = await create(context, SHOP, asked, 'k')
    const again = await create(context, SHOP, asked, 'k')
    expect({ ...again, waitToken: '' }).toEqual({ ...first, waitToken: '' })
    expect((await store.read(INBOX, 'ada'))?.entries).toHaveLength(1)
  })

  it('gives the challenge as it now stands, and the number once more', async () => {
    const { challenge, number } = await create(context, SHOP, { ...asked, numberMatching: 6 }, 'k')
    await patch(context, challenge, { challengeStatus: 'scanned' })
    const again = await create(context, SHOP, { ...asked, numberMatching: 6 }, 'k')
    expect(again).toMatchObject({ challenge, number, challengeStatus: 'scanned', version: 2 })
  })

  it.each([
    ['defaults spelt out', {}, { challengeStatus: 'started', isChallengeComplete: false, challengeTimeout: 300 }],
    ['a number as text', { challengeTimeout: 60 }, { challengeTimeout: '60' }],
    ['another order', { approver: 'ada', challengeTimeout: 60 }, { challengeTimeout: 60, approver: 'ada' }],
  ])('takes the same wish in other words: %s', async (_how, one, other) => {
    expect(await open(other)).toBe(await open(one))
  })

  it.each([
    ['status', { challengeStatus: 'scanned' }],
    ['completeness', { isChallengeComplete: true }],
    ['timeout', { challengeTimeout: 301 }],
    ['flow', { updatedByFlowId: 'f' }],
    ['claims', { claimsNameValuePairs: [{ name: 'a', value: 'b' }] }],
    ['approver', { approver: 'ada' }],
    ['display', { display: { title: 't' } }],
    ['number matching', { numberMatching: 2 }],
  ])('is refused with another %s', async (_what, body) => {
    const challenge = await open({})
    await expect(create(context, SHOP, body, 'k')).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    expect(await open({})).toBe(challenge)
  })
})

describe('another', () => {
  it('key is another challenge', async () => {
    expect(await open({}, 'k2')).not.toBe(await open({}, 'k1'))
  })

  it('caller with the same key has another challenge, with another body too', async () => {
    const first = await open({}, 'k', SHOP)
    expect(await open({ challengeTimeout: 60 }, 'k', BANK)).not.toBe(first)
    expect(await open({}, 'k', SHOP)).toBe(first)
  })

  it('way in (a token, an API key) of the same name is another caller', async () => {
    const byToken = await open({}, 'k', SHOP)
    expect(await open({}, 'k', { ...SHOP, caller: 'key:shop' })).not.toBe(byToken)
  })
})

describe('a creation cut short after its key was remembered', () => {
  /** Fails its first commit of a challenge, before or after it is done. */
  const failing = (when: 'before' | 'after'): Store => {
    let hasFailed = false
    return {
      read: (kind, id) => store.read(kind, id),
      commit: async (kind, id, next, options): Promise<CommitResult> => {
        if (kind.name !== CHALLENGE.name || hasFailed) return store.commit(kind, id, next, options)
        hasFailed = true
        if (when === 'after') await store.commit(kind, id, next, options)
        throw new StoreUnavailable('cut')
      },
      watch: (kind, id, listener) => store.watch(kind, id, listener),
      now: () => store.now(),
    }
  }

  it.each(['before', 'after'] as const)('is finished by a repeat (%s the challenge was kept)', async (when) => {
    const ids = countedIds()
    await expect(create(contextOn(failing(when), ids), SHOP, asked, 'k')).rejects.toMatchObject({
      code: 'store_unavailable',
    })
    const repeat = await create(contextOn(store, ids), SHOP, asked, 'k')
    expect(repeat).toMatchObject({ challenge: 'id-1', version: 1, challengeStatus: 'started' })
    expect((await approvals(context, { user: 'ada' })).map((approval) => approval.challenge)).toEqual(['id-1'])
    expect((await store.read(INBOX, 'ada'))?.entries).toHaveLength(1)
  })

  it('holds its key as long as the challenge it ends in can be read', async () => {
    const body = { challengeTimeout: 10 }
    await expect(create(contextOn(failing('before')), SHOP, body, 'k')).rejects.toThrow()
    pass(GRACE - 1)
    const late = await open(body)
    pass(10 * SECOND + GRACE - 1)
    expect((await get(context, SHOP, late)).challengeStatus).toBe('timed_out')
    pass(GRACE - 1)
    expect((await get(context, SHOP, late)).challenge).toBe(late)
    expect(await open(body)).toBe(late)
  })

  it('still holds its key against another body', async () => {
    await expect(create(contextOn(failing('before')), SHOP, asked, 'k')).rejects.toThrow()
    await expect(create(context, SHOP, {}, 'k')).rejects.toMatchObject({ code: 'idempotency_key_reused' })
  })
})

describe('a key', () => {
  it('is held as long as its challenge can be read, and free after that', async () => {
    const first = await open({ challengeTimeout: 10 })
    pass(10 * SECOND)
    expect((await get(context, SHOP, first)).challengeStatus).toBe('timed_out')
    pass(GRACE - 1)
    expect(await open({ challengeTimeout: 10 })).toBe(first)
    await expect(create(context, SHOP, {}, 'k')).rejects.toMatchObject({ code: 'idempotency_key_reused' })
    pass(1)
    const second = await open({ challengeTimeout: 20 })
    expect(second).not.toBe(first)
    expect(await open({ challengeTimeout: 20 })).toBe(second)
  })

  it('is free 300 s after an early end, long before the deadline', async () => {
    const first = await open({ challengeTimeout: 86_400 })
    pass(60 * SECOND)
    await patch(context, first, { isChallengeComplete: true })
    pass(GRACE - 1)
    expect(await open({ challengeTimeout: 86_400 })).toBe(first)
    pass(1)
    const both = await Promise.all([open({}), open({})])
    expect(both[0]).not.toBe(first)
    expect(both[1]).toBe(both[0])
  })

  // The end of an unwatched challenge is committed by whoever reads it first, and the 300 s begin there.
  it('is held as long as its challenge can be read, also when its end was noticed late', async () => {
    const first = await open({ challengeTimeout: 10 })
    pass(10 * SECOND + GRACE - 1)
    expect((await get(context, SHOP, first)).challengeStatus).toBe('timed_out')
    pass(GRACE - 1)
    expect((await get(context, SHOP, first)).challenge).toBe(first)
    expect(await open({ challengeTimeout: 10 })).toBe(first)
  })
})

describe('a repeat that comes late', () => {
  it('gives an overdue challenge as timed out, like any other read', async () => {
    const challenge = await open({ challengeTimeout: 10 })
    pass(10 * SECOND)
    const again = await create(context, SHOP, { challengeTimeout: 10 }, 'k')
    expect(again).toMatchObject({ challenge, challengeStatus: 'timed_out', isChallengeComplete: true, version: 2 })
  })

  it('of an answered challenge puts nothing back on the list', async () => {
    const challenge = await open(asked)
    await decide(context, ADA, challenge, { decision: 'approve' })
    await vi.waitFor(async () => expect((await store.read(INBOX, 'ada'))?.entries).toEqual([]))
    expect(await create(context, SHOP, asked, 'k')).toMatchObject({ challenge, challengeStatus: 'approved' })
    expect((await store.read(INBOX, 'ada'))?.entries).toEqual([])
  })

  it('finishes what was refused because the list was full, once there is room', async () => {
    for (let count = 0; count < 100; count++) await create(context, SHOP, { ...asked, challengeTimeout: 10 })
    await expect(create(context, SHOP, asked, 'k')).rejects.toMatchObject({ code: 'too_many_requests' })
    pass(10 * SECOND)
    const { challenge } = await create(context, SHOP, asked, 'k')
    expect((await approvals(context, { user: 'ada' })).map((approval) => approval.challenge)).toEqual([challenge])
    expect(await open(asked)).toBe(challenge)
  })

  it('is answered although the list has filled up meanwhile', async () => {
    const challenge = await open(asked)
    await decide(context, ADA, challenge, { decision: 'approve' })
    await vi.waitFor(async () => expect((await store.read(INBOX, 'ada'))?.entries).toEqual([]))
    for (let count = 0; count < 100; count++) await create(context, SHOP, asked)
    expect(await create(context, SHOP, asked, 'k')).toMatchObject({ challenge, challengeStatus: 'approved' })
  })
})
