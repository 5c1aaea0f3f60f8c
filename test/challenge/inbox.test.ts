import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { approvals, create, decide, update as patch } from '../../server/challenge/capabilities.ts'
import type { ChallengeContext } from '../../server/challenge/context.ts'
import { INBOX } from '../../server/challenge/inbox.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { ADA, backend, contextOn, countedIds, OPENED } from './samples.ts'

const LIMIT = 100
const SHOP = backend()

let store: MemoryStore
let context: ChallengeContext & { faults: unknown[] }
let pass: (ms: number) => void

beforeEach(() => {
  let now = OPENED
  pass = (ms) => {
    now += ms
  }
  store = new MemoryStore({ now: () => now })
  context = contextOn(store, countedIds(), { pendingPerApprover: LIMIT, requestsPerApproverMinute: 1_000 })
})
afterEach(async () => {
  await store.close()
  expect(context.faults).toEqual([])
})

const ask = (body: object = {}) => create(context, SHOP, { approver: 'ada', ...body })
const fill = async (count: number, body: object = {}) => {
  for (let asked = 0; asked < count; asked++) await ask(body)
}
const listed = async (user = 'ada') => (await store.read(INBOX, user))?.entries.map((entry) => entry.challenge)
const shown = async (user = 'ada') => (await approvals(context, { user })).map((approval) => approval.challenge)

describe('what is asked of one person', () => {
  it('is listed, oldest first, for nobody else', async () => {
    await ask()
    await create(context, SHOP, { approver: 'eve' })
    await ask()
    await create(context, SHOP, {})
    expect(await shown()).toEqual(['id-1', 'id-3'])
    expect(await shown('eve')).toEqual(['id-2'])
    expect(await shown('nobody')).toEqual([])
  })

  it('is not listed when it is complete from the start', async () => {
    await ask({ isChallengeComplete: true })
    expect(await listed()).toBeUndefined()
    expect(await shown()).toEqual([])
  })

  it.each([
    ['approved', () => decide(context, ADA, 'id-1', { decision: 'approve' })],
    ['denied', () => decide(context, ADA, 'id-1', { decision: 'deny' })],
    ['completed by a backend', () => patch(context, 'id-1', { isChallengeComplete: true })],
  ])('leaves the list when it is %s', async (_how, end) => {
    await fill(2)
    await end()
    expect(await shown()).toEqual(['id-2'])
    await vi.waitFor(async () => expect(await listed()).toEqual(['id-2']))
  })

  it('stays on the list while its status moves', async () => {
    await ask()
    await patch(context, 'id-1', { challengeStatus: 'scanned' })
    expect(await shown()).toEqual(['id-1'])
  })

  it('leaves the list when its time is up', async () => {
    await ask({ challengeTimeout: 10 })
    await ask({ challengeTimeout: 11 })
    pass(9_999)
    expect(await shown()).toEqual(['id-1', 'id-2'])
    pass(1)
    expect(await shown()).toEqual(['id-2'])
  })
})

describe('at the limit', () => {
  it('takes 100 and refuses one more, until the first expires', async () => {
    await fill(1, { challengeTimeout: 61 })
    await fill(LIMIT - 1, { challengeTimeout: 90 })
    pass(500)
    const refusal = { code: 'too_many_requests', extras: { retryAfter: 61 } }
    await expect(ask()).rejects.toMatchObject(refusal)
    expect(await listed()).toHaveLength(LIMIT)
    expect(await shown()).toHaveLength(LIMIT)
  })

  it('tells a time to come back after which there is room', async () => {
    await fill(LIMIT, { challengeTimeout: 61 })
    pass(60_300)
    const { extras } = await ask().catch((error) => error)
    expect(extras.retryAfter).toBe(1)
    pass(extras.retryAfter * 1_000)
    await ask()
    expect(await shown()).toEqual([`id-${LIMIT + 2}`])
  })

  it('counts each person alone, and nothing that asks nobody', async () => {
    await fill(LIMIT)
    await create(context, SHOP, { approver: 'eve' })
    await create(context, SHOP, {})
    await create(context, SHOP, { approver: 'ada', isChallengeComplete: true })
    expect(await shown('eve')).toHaveLength(1)
  })

  it('makes room when one is answered', async () => {
    await fill(LIMIT)
    await decide(context, ADA, 'id-50', { decision: 'deny' })
    await vi.waitFor(async () => expect(await listed()).toHaveLength(LIMIT - 1))
    await ask()
    await expect(ask()).rejects.toMatchObject({ code: 'too_many_requests' })
  })

  it('leaves no challenge behind when it refuses', async () => {
    await fill(LIMIT)
    await expect(ask()).rejects.toMatchObject({ code: 'too_many_requests' })
    await expect(patch(context, `id-${LIMIT + 1}`, {})).rejects.toMatchObject({ code: 'challenge_not_found' })
  })
})

describe('the list itself', () => {
  it('is but a hint: what it names is shown only to whom it asks', async () => {
    await ask()
    await create(context, SHOP, {})
    const entries = ['id-1', 'id-2', 'id-3'].map((challenge) => ({
      challenge,
      askedAt: OPENED,
      expiresAt: OPENED + 1_000,
    }))
    expect(await store.commit(INBOX, 'eve', { version: 1, entries })).toBe('committed')
    expect(await shown('eve')).toEqual([])
  })

  it('drops what has expired with the next that is written', async () => {
    await fill(3, { challengeTimeout: 10 })
    pass(10_000)
    expect(await listed()).toEqual(['id-1', 'id-2', 'id-3'])
    await ask()
    expect(await listed()).toEqual(['id-4'])
  })

  it('is kept until 300 s after the last of it expires, and goes on counting', async () => {
    await ask({ challengeTimeout: 100 })
    await ask({ challengeTimeout: 50 })
    expect(await store.read(INBOX, 'ada')).toMatchObject({ version: 2, purgeAt: OPENED + 400_000 })
  })

  it('loses none of a hundred asked at once', async () => {
    await Promise.all(Array.from({ length: LIMIT }, () => ask()))
    expect(new Set(await shown()).size).toBe(LIMIT)
    await expect(ask()).rejects.toMatchObject({ code: 'too_many_requests' })
  })
})
