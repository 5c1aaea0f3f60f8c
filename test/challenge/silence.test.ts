import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { approvals, create, decide, get, standing } from '../../server/challenge/capabilities.ts'
import { CHALLENGE, GRACE_MS } from '../../server/challenge/challenge.ts'
import type { ChallengeContext } from '../../server/challenge/context.ts'
import { INBOX } from '../../server/challenge/inbox.ts'
import { liftSilence } from '../../server/challenge/silence.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { failingOnce } from './failing-store.ts'
import { ADA, backend, contextOn, countedIds, EVE, OPENED } from './samples.ts'

const SHOP = backend()
const SILENCE = 600_000
const NOT_ME = { decision: 'deny', reason: 'not_me' }

let store: MemoryStore
let context: ChallengeContext & { faults: unknown[] }
let pass: (ms: number) => void
beforeEach(() => {
  let now = OPENED
  pass = (ms) => {
    now += ms
  }
  store = new MemoryStore({ now: () => now })
  context = contextOn(store, countedIds())
})
afterEach(async () => {
  await store.close()
  expect(context.faults).toEqual([])
})

const ask = async (body: object = {}, key?: string) =>
  (await create(context, SHOP, { approver: 'ada', ...body }, key)).challenge
const silencedFor = (retryAfter: number) => ({ code: 'approver_silenced', extras: { retryAfter } })

describe('"not me"', () => {
  it('denies, says why to backends, and lets nobody ask for ten minutes', async () => {
    const challenge = await ask()
    expect(await decide(context, ADA, challenge, NOT_ME)).toMatchObject({ challengeStatus: 'denied' })
    expect(await get(context, SHOP, challenge)).toMatchObject({
      challengeStatus: 'denied',
      isChallengeComplete: true,
      decidedBy: 'ada',
      reason: 'not_me',
    })
    await expect(ask()).rejects.toMatchObject(silencedFor(600))
    expect(await standing(context, 'ada')).toEqual({ approver: 'ada', pending: 0, silencedUntil: OPENED + SILENCE })
    pass(SILENCE - 1)
    await expect(ask()).rejects.toMatchObject(silencedFor(1))
    pass(1)
    await ask()
    expect(await standing(context, 'ada')).toEqual({ approver: 'ada', pending: 1 })
  })

  it('concerns nobody else, nothing that asks nobody, and nothing that was asked before', async () => {
    const [challenge, before] = [await ask(), await ask({}, 'k')]
    await decide(context, ADA, challenge, NOT_ME)
    await create(context, SHOP, { approver: 'eve' })
    await create(context, SHOP, {})
    await create(context, SHOP, { approver: 'ada', isChallengeComplete: true })
    expect(await ask({}, 'k')).toBe(before)
    expect((await approvals(context, { user: 'ada' })).map((approval) => approval.challenge)).toEqual([before])
    expect(await decide(context, ADA, before, { decision: 'approve' })).toMatchObject({ challengeStatus: 'approved' })
    await expect(ask()).rejects.toMatchObject({ code: 'approver_silenced' })
  })

  it.each([
    ['a plain denial', { decision: 'deny' }],
    ['other words', { decision: 'deny', reason: 'not me' }],
    ['the word in capitals', { decision: 'deny', reason: 'NOT_ME' }],
    ['an approval, whatever its reason', { decision: 'approve', reason: 'not_me' }],
  ])('is not %s', async (_what, said) => {
    await decide(context, ADA, await ask(), said)
    await ask()
  })

  it('is not heard from a stranger, nor when the question is over', async () => {
    const [asked, answered, overdue] = [await ask(), await ask(), await ask({ challengeTimeout: 10 })]
    await expect(decide(context, EVE, asked, NOT_ME)).rejects.toMatchObject({ code: 'challenge_not_found' })
    await expect(decide(context, ADA, 'unknown', NOT_ME)).rejects.toMatchObject({ code: 'challenge_not_found' })
    await decide(context, ADA, answered, { decision: 'approve' })
    pass(10_000)
    for (const over of [answered, overdue]) {
      await expect(decide(context, ADA, over, NOT_ME)).rejects.toMatchObject({ code: 'challenge_complete' })
    }
    await ask()
    await create(context, SHOP, { approver: 'eve' })
  })

  it('outlives everything that was asked', async () => {
    context = contextOn(store, countedIds(), { silenceSeconds: 86_400 })
    await decide(context, ADA, await ask({ challengeTimeout: 1 }), NOT_ME)
    const until = OPENED + 86_400_000
    expect(await store.read(INBOX, 'ada')).toMatchObject({ purgeAt: until + GRACE_MS })
    pass(86_400_000 - 1)
    await expect(ask()).rejects.toMatchObject(silencedFor(1))
  })

  it('said again, of another question, counts from then', async () => {
    const [one, other] = [await ask(), await ask()]
    await decide(context, ADA, one, NOT_ME)
    pass(100_000)
    await decide(context, ADA, other, NOT_ME)
    await expect(ask()).rejects.toMatchObject(silencedFor(600))
  })

  it('silences nobody where that is switched off', async () => {
    context = contextOn(store, countedIds(), { silenceSeconds: 0 })
    const challenge = await ask()
    await decide(context, ADA, challenge, NOT_ME)
    expect(await get(context, SHOP, challenge)).toMatchObject({ reason: 'not_me' })
    await ask()
  })
})

describe('a silence', () => {
  it('is lifted by a backend, and stays so when the denial is repeated', async () => {
    const challenge = await ask()
    await decide(context, ADA, challenge, NOT_ME)
    await liftSilence(context, 'ada')
    await ask()
    expect(await decide(context, ADA, challenge, NOT_ME)).toMatchObject({ challengeStatus: 'denied' })
    await ask()
    expect(await standing(context, 'ada')).toEqual({ approver: 'ada', pending: 2 })
  })

  it('that nobody asked for may be lifted all the same', async () => {
    await liftSilence(context, 'nobody')
    await liftSilence(context, 'ada')
    expect(await store.read(INBOX, 'ada')).toBeUndefined()
  })

  it('holds before the denial does: what was cut in between is completed by a repeat, and silenced once', async () => {
    const challenge = await ask()
    // The first commit of a challenge here is the denial's.
    const cut = contextOn(failingOnce(store, CHALLENGE, 'before'))
    await expect(decide(cut, ADA, challenge, NOT_ME)).rejects.toMatchObject({ code: 'store_unavailable' })
    await expect(ask()).rejects.toMatchObject(silencedFor(600))
    expect(await get(context, SHOP, challenge)).toMatchObject({ challengeStatus: 'started' })
    pass(100_000)
    expect(await decide(context, ADA, challenge, NOT_ME)).toMatchObject({ challengeStatus: 'denied' })
    await expect(ask()).rejects.toMatchObject(silencedFor(500))
  })

  it('that a backend lifted in between does not come back with the repeat', async () => {
    const challenge = await ask()
    const cut = contextOn(failingOnce(store, CHALLENGE, 'before'))
    await expect(decide(cut, ADA, challenge, NOT_ME)).rejects.toMatchObject({ code: 'store_unavailable' })
    await liftSilence(context, 'ada')
    await decide(context, ADA, challenge, NOT_ME)
    await ask()
  })

  it.each(['before', 'after'] as const)('that could not be saved denies nothing (cut %s it was kept)', async (when) => {
    const challenge = await ask()
    const cut = contextOn(failingOnce(store, INBOX, when))
    await expect(decide(cut, ADA, challenge, NOT_ME)).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(await get(context, SHOP, challenge)).toMatchObject({ challengeStatus: 'started', version: 1 })
    await decide(context, ADA, challenge, NOT_ME)
    await expect(ask()).rejects.toMatchObject(silencedFor(600))
  })

  it('is not entered by a creation that was begun before it and is repeated', async () => {
    const challenge = await ask()
    const cut = contextOn(failingOnce(store, CHALLENGE, 'before'))
    await expect(create(cut, SHOP, { approver: 'ada' }, 'k')).rejects.toMatchObject({ code: 'store_unavailable' })
    await decide(context, ADA, challenge, NOT_ME)
    await expect(ask({}, 'k')).rejects.toMatchObject({ code: 'approver_silenced' })
  })
})
