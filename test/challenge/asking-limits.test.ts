import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { approvals, create, decide, update as patch } from '../../server/challenge/capabilities.ts'
import { CHALLENGE } from '../../server/challenge/challenge.ts'
import type { ChallengeContext } from '../../server/challenge/context.ts'
import { INBOX } from '../../server/challenge/inbox.ts'
import type { ApproverLimits } from '../../server/challenge/limits.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { failingOnce } from './failing-store.ts'
import { ADA, backend, contextOn, countedIds, OPENED } from './samples.ts'

const SHOP = backend()
const SECOND = 1_000

let store: MemoryStore
let pass: (ms: number) => void
beforeEach(() => {
  let now = OPENED
  pass = (ms) => {
    now += ms
  }
  store = new MemoryStore({ now: () => now })
})
afterEach(() => store.close())

const opened: (ChallengeContext & { faults: unknown[] })[] = []
function open(limits: Partial<ApproverLimits> = {}) {
  const context = contextOn(store, countedIds(), limits)
  opened.push(context)
  return context
}
afterEach(() => {
  for (const { faults } of opened.splice(0)) expect(faults).toEqual([])
})

const ask = async (context: ChallengeContext, body: object = {}, key?: string) =>
  (await create(context, SHOP, { approver: 'ada', ...body }, key)).challenge
const refusal = (context: ChallengeContext, body: object = {}) =>
  ask(context, body).then(
    (challenge) => ({ code: `asked: ${challenge}` }),
    ({ code, extras }) => ({ code, ...extras }),
  )
const refused = (retryAfter: number) => ({ code: 'too_many_requests', retryAfter })
const answer = (context: ChallengeContext, id: string, decision: 'approve' | 'deny') =>
  decide(context, ADA, id, { decision })
/** Asked and denied: what waits is never more than one. */
async function pester(context: ChallengeContext, times: number): Promise<void> {
  for (let asked = 0; asked < times; asked++) await answer(context, await ask(context), 'deny')
}
const inbox = () => store.read(INBOX, 'ada')

describe('what waits for one person at a time', () => {
  it('is ten, unless the configuration says otherwise', async () => {
    const context = open({ requestsPerApproverMinute: 1_000 })
    for (let asked = 0; asked < 10; asked++) await ask(context, { challengeTimeout: 120 })
    expect(await refusal(context)).toEqual(refused(120))
    const other = open({ pendingPerApprover: 11, requestsPerApproverMinute: 1_000 })
    await ask({ ...other, random: { ...other.random, id: () => 'the eleventh' } })
  })

  it('is looked up where it is decided: one who has just answered can be asked at once', async () => {
    const context = open({ pendingPerApprover: 1 })
    for (let asked = 0; asked < 5; asked++) {
      const challenge = await ask(context)
      expect(await refusal(context)).toMatchObject({ code: 'too_many_requests' })
      // What takes it off the list has hardly begun when this is answered.
      await answer(context, challenge, asked % 2 === 0 ? 'deny' : 'approve')
    }
  })

  it('does not count what was answered while the list could not be written', async () => {
    const context = open({ pendingPerApprover: 1 })
    const challenge = await ask(context)
    const deaf = contextOn(failingOnce(store, INBOX, 'before'))
    await answer(deaf, challenge, 'deny')
    await vi.waitFor(() => expect(deaf.faults).toHaveLength(1))
    expect((await inbox())?.entries).toHaveLength(1)
    const next = await ask(context)
    expect((await approvals(context, { user: 'ada' })).map((approval) => approval.challenge)).toEqual([next])
  })

  it('does not count for long what never came to be', async () => {
    const context = open({ pendingPerApprover: 1, requestsPerApproverMinute: 1 })
    const failing = contextOn(failingOnce(store, CHALLENGE, 'before'), {}, context.limits)
    await expect(ask(failing, { challengeTimeout: 86_400 })).rejects.toMatchObject({ code: 'store_unavailable' })
    pass(10 * SECOND - 1)
    // It may still be on its way.
    expect(await refusal(context)).toMatchObject({ code: 'too_many_requests' })
    pass(1)
    await ask(context)
    expect((await inbox())?.entries).toHaveLength(1)
  })

  it('is never joined by one that came to be only after it had been given up', async () => {
    const context = open({ pendingPerApprover: 1 })
    const standingStill = contextOn({
      read: (kind, id) => store.read(kind, id),
      commit: async (kind, id, next, options) => {
        const result = await store.commit(kind, id, next, options)
        if (kind.name === INBOX.name) {
          pass(10 * SECOND)
          await ask(context, {}, 'another')
        }
        return result
      },
      watch: (kind, id, listener) => store.watch(kind, id, listener),
      now: () => store.now(),
    })
    await expect(ask(standingStill)).rejects.toMatchObject({ code: 'busy', extras: { retryAfter: 1 } })
    expect(await approvals(context, { user: 'ada' })).toHaveLength(1)
    expect((await inbox())?.entries).toHaveLength(1)
  })

  it('is not given up while a repeat is creating it', async () => {
    const context = open({ pendingPerApprover: 1, requestsPerApproverMinute: 5 })
    const failing = contextOn(failingOnce(store, CHALLENGE, 'before'), {}, context.limits)
    await expect(ask(failing, {}, 'k')).rejects.toMatchObject({ code: 'store_unavailable' })
    pass(10 * SECOND)
    const slow = contextOn(
      {
        read: (kind, id) => store.read(kind, id),
        commit: async (kind, id, next, options) => {
          const asksMeanwhile = kind.name === CHALLENGE.name
          if (asksMeanwhile) expect(await refusal(context)).toMatchObject({ code: 'too_many_requests' })
          return store.commit(kind, id, next, options)
        },
        watch: (kind, id, listener) => store.watch(kind, id, listener),
        now: () => store.now(),
      },
      {},
      context.limits,
    )
    const challenge = await ask(slow, {}, 'k')
    expect((await approvals(context, { user: 'ada' })).map((approval) => approval.challenge)).toEqual([challenge])
  })

  it('does count what came to be although nobody heard of it', async () => {
    const context = open({ pendingPerApprover: 1 })
    const failing = contextOn(failingOnce(store, CHALLENGE, 'after'))
    await expect(ask(failing)).rejects.toMatchObject({ code: 'store_unavailable' })
    pass(60 * SECOND)
    expect(await refusal(context)).toEqual(refused(240))
  })
})

describe('what comes within a minute', () => {
  it('is ten, each free again a minute after it came', async () => {
    const context = open()
    for (let asked = 0; asked < 10; asked++) {
      await pester(context, 1)
      pass(2 * SECOND)
    }
    expect(await refusal(context)).toEqual(refused(40))
    pass(40 * SECOND - 1)
    expect(await refusal(context)).toEqual(refused(1))
    pass(1)
    await ask(context)
    expect(await refusal(context)).toEqual(refused(2))
  })

  it('tells a time that is true when the list is full too', async () => {
    const context = open({ pendingPerApprover: 2, requestsPerApproverMinute: 3 })
    await pester(context, 1)
    await ask(context, { challengeTimeout: 10 })
    await ask(context, { challengeTimeout: 90 })
    expect(await refusal(context)).toEqual(refused(60))
    pass(60 * SECOND - 1)
    expect(await refusal(context)).toEqual(refused(1))
    pass(1)
    await ask(context)
  })

  it('begins anew with an approval, and with nothing else', async () => {
    const context = open({ requestsPerApproverMinute: 3 })
    await pester(context, 2)
    const paid = await ask(context)
    await patch(context, paid, { challengeStatus: 'approved', isChallengeComplete: true })
    expect(await refusal(context)).toEqual(refused(60))
    pass(60 * SECOND)
    await pester(context, 2)
    const asked = await ask(context)
    pass(SECOND)
    await answer(context, asked, 'approve')
    await pester(context, 3)
    expect(await refusal(context)).toEqual(refused(60))
  })

  it('begins anew even when the list could not be written', async () => {
    const context = open({ requestsPerApproverMinute: 3 })
    await pester(context, 2)
    const asked = await ask(context)
    pass(1)
    const deaf = contextOn(failingOnce(store, INBOX, 'before'))
    await answer(deaf, asked, 'approve')
    await vi.waitFor(() => expect(deaf.faults).toHaveLength(1))
    await pester(context, 3)
    expect(await refusal(context)).toMatchObject({ code: 'too_many_requests' })
  })

  it('counts what was asked after the approval, however late the list hears of it', async () => {
    const context = open({ requestsPerApproverMinute: 3 })
    const asked = await ask(context)
    pass(1)
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = contextOn({
      read: (kind, id) => store.read(kind, id),
      commit: async (kind, id, next, options) => {
        if (kind.name === INBOX.name) await held
        return store.commit(kind, id, next, options)
      },
      watch: (kind, id, listener) => store.watch(kind, id, listener),
      now: () => store.now(),
    })
    await answer(slow, asked, 'approve')
    pass(1)
    // Within the limit, so that nobody has looked at the challenges themselves.
    await pester(context, 2)
    pass(1)
    const { version = 0 } = (await inbox()) ?? {}
    release()
    await vi.waitFor(async () => expect((await inbox())?.version).toBe(version + 1))
    expect((await inbox())?.entries).toEqual([])
    await pester(context, 1)
    expect(await refusal(context)).toMatchObject({ code: 'too_many_requests' })
  })

  it.each(['before', 'after'] as const)('counts a repeat once (cut %s the challenge was kept)', async (when) => {
    const context = open({ requestsPerApproverMinute: 2 })
    const failing = contextOn(failingOnce(store, CHALLENGE, when), {}, context.limits)
    await expect(ask(failing, {}, 'k')).rejects.toMatchObject({ code: 'store_unavailable' })
    pass(10 * SECOND)
    const first = await ask(context, {}, 'k')
    for (let repeats = 0; repeats < 5; repeats++) expect(await ask(context, {}, 'k')).toBe(first)
    await ask(context, {}, 'another')
    expect(await refusal(context)).toEqual(refused(50))
  })

  it('counts a repeat once even when its entry has expired', async () => {
    const context = open({ requestsPerApproverMinute: 1 })
    const failing = contextOn(failingOnce(store, CHALLENGE, 'before'), {}, context.limits)
    await expect(ask(failing, { challengeTimeout: 5 }, 'k')).rejects.toMatchObject({ code: 'store_unavailable' })
    pass(6 * SECOND)
    await ask(context, { challengeTimeout: 5 }, 'k')
    expect(await refusal(context)).toEqual(refused(54))
  })

  it('is kept for each person alone, and never more of it than counts', async () => {
    const context = open({ pendingPerApprover: 1_000, requestsPerApproverMinute: 5 })
    for (let asked = 0; asked < 40; asked++) {
      await refusal(context)
      pass(SECOND)
    }
    expect((await inbox())?.recent).toHaveLength(5)
    await create(context, SHOP, { approver: 'eve' })
    await create(context, SHOP, {})
    await create(context, SHOP, { approver: 'ada', isChallengeComplete: true })
  })
})
