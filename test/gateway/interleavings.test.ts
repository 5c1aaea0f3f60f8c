import { expect, it } from 'vitest'
import { CHALLENGE, type Challenge } from '../../server/challenge/challenge.ts'
import { type ChallengeContext, createContext } from '../../server/challenge/context.ts'
import { createChallenge } from '../../server/challenge/create-challenge.ts'
import { INBOX } from '../../server/challenge/inbox.ts'
import { newChallengeBody } from '../../server/challenge/parse.ts'
import { transition } from '../../server/challenge/transition.ts'
import { ApprovalWatch } from '../../server/challenge/watch-approvals.ts'
import { watchChallenge } from '../../server/challenge/watch-challenge.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { LIMITS } from '../challenge/samples.ts'
import { eventually } from '../support/eventually.ts'

/*
 * What sockets stand on, taken apart turn by turn: on the memory store a commit can fall between any two turns of the
 * microtask queue, and Redis's clock as seen from here can step back a little when its best sample grows old.
 */

/** More turns than anything here takes. */
const TURNS = 30

it('a request that ends while its approver is connecting is not pending for ever', async () => {
  const ghosts: string[] = []
  for (let turns = 0; turns < TURNS; turns++) {
    const { store, context } = open()
    const asked = await createChallenge(context, newChallengeBody.parse({ approver: 'ada' }))
    const told: string[] = []
    const opening = ApprovalWatch.open(context, 'ada', {
      requested: ({ id }) => told.push(`requested ${id}`),
      withdrawn: ({ id }) => told.push(`withdrawn ${id}`),
    })
    for (let turn = 0; turn < turns; turn++) await null
    expect(await store.commit(CHALLENGE, asked.id, ended(asked))).toBe('committed')
    const watch = await opening
    await new Promise(setImmediate)
    const shown = watch.pending.map(({ id }) => id)
    if (shown.length > 0) ghosts.push(`ended after ${turns} turns: still pending, and told ${JSON.stringify(told)}`)
    watch.close()
    await store.close()
  }
  expect(ghosts).toEqual([])
})

it('a request that leaves the list before it ends is watched until it ends, and no longer', async () => {
  const { store, context } = open()
  const asked = await createChallenge(context, newChallengeBody.parse({ approver: 'ada' }))
  const told: string[] = []
  const watch = await ApprovalWatch.open(context, 'ada', {
    requested: () => undefined,
    withdrawn: ({ id }, status) => told.push(`${id} ${status}`),
  })
  expect(store.watches()).toBe(2)
  // As when the next request is added after this one's time was up, and before anybody has said so.
  const inbox = await store.read(INBOX, 'ada')
  expect(await store.commit(INBOX, 'ada', { version: (inbox?.version ?? 0) + 1, entries: [] })).toBe('committed')
  expect(watch.pending.map(({ id }) => id)).toEqual([asked.id])
  expect(await store.commit(CHALLENGE, asked.id, ended(asked))).toBe('committed')
  expect(told).toEqual([`${asked.id} cancelled`])
  await eventually(() => expect(store.watches()).toBe(1), { within: 500 })
  watch.close()
  await store.close()
})

it('a challenge expires even if the store’s clock steps back at that moment', async () => {
  const expiresAt = Date.now() + 50
  let steppedBackAt = 0
  const { store, context } = open(() => {
    const now = Date.now()
    if (now < expiresAt) return now
    // The first to look sees that it is time; for a moment afterwards it is not, as after a better sample was dropped.
    if (steppedBackAt === 0) {
      steppedBackAt = now
      return now
    }
    return now - steppedBackAt < 20 ? expiresAt - 3 : now
  })
  const asked = await createChallenge(context, newChallengeBody.parse({}))
  const dueSoon: Challenge = { ...asked, version: 2, expiresAt }
  expect(await store.commit(CHALLENGE, asked.id, dueSoon)).toBe('committed')
  const told = new Promise<Challenge>((resolve, reject) => {
    void watchChallenge(context, asked.id, (news) => news !== 'gone' && news.complete && resolve(news))
    setTimeout(() => reject(new Error('nobody was told that it timed out')), 1_000)
  })
  expect((await told).status).toBe('timed_out')
  await store.close()
})

function open(now: () => number = Date.now): { store: MemoryStore; context: ChallengeContext } {
  const store = new MemoryStore({ now })
  const onError = (error: unknown) => {
    throw error
  }
  return {
    store,
    context: createContext({ store, issueToken: () => '', onError, limits: LIMITS }),
  }
}

function ended(challenge: Challenge): Challenge {
  const change = { status: 'cancelled', complete: true }
  return transition(challenge, { type: 'update', change }, challenge.createdAt).challenge
}
