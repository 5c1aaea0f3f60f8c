import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approvals, create, decide } from '../../server/challenge/capabilities.ts'
import type { ChallengeContext } from '../../server/challenge/context.ts'
import { INBOX, type Inbox } from '../../server/challenge/inbox.ts'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { eventually } from '../support/eventually.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { backend, contextOn } from './samples.ts'

const SHOP = backend()
const LIMITS = { pendingPerApprover: 4, requestsPerApproverMinute: 7 }
const FULL = 'too_many_requests'

let redis: RedisServer
let stores: readonly [RedisStore, RedisStore]
beforeAll(async () => {
  redis = await startRedis()
  const options = { url: redis.url, prefix: randomUUID(), storeKeys: [randomBytes(32)] }
  stores = [await RedisStore.connect(options), await RedisStore.connect(options)]
})
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()))
  await redis.stop()
})

const contexts = () => [contextOn(stores[0], {}, LIMITS), contextOn(stores[1], {}, LIMITS)] as const

/** So many requests at once, half of them from each instance; answers the ids of those that were taken. */
async function burst(user: string, size: number): Promise<readonly string[]> {
  const both = contexts()
  const asked = Array.from({ length: size }, (_, at) =>
    create(both[at % 2 === 0 ? 0 : 1], SHOP, { approver: user }).then(
      ({ challenge }) => challenge,
      ({ code }) => code,
    ),
  )
  const told = await Promise.all(asked)
  expect(told.filter((answer) => answer.length < 43 && answer !== FULL)).toEqual([])
  return told.filter((answer) => answer !== FULL)
}

/** Every version of a person's inbox that anybody ever saw. */
async function watchInbox(user: string) {
  const versions: Inbox[] = []
  const watch = await stores[0].watch(INBOX, user, (news) => {
    if (news !== 'gone') versions.push(news)
  })
  return { versions, close: () => watch.close() }
}

describe('two instances on one Redis', () => {
  type Step = { readonly ask: number } | { readonly answer: 'approve' | 'deny' }
  const steps = fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.record({ ask: fc.integer({ min: 1, max: 10 }) }) },
      { weight: 3, arbitrary: fc.record({ answer: fc.constantFrom('approve' as const, 'deny' as const) }) },
    ),
    { minLength: 2, maxLength: 10 },
  )

  it('take exactly what there is room for, in every order of asking, approving and denying', async () => {
    const play = async (moves: readonly Step[]) => {
      const user = randomUUID()
      const seen = await watchInbox(user)
      const pending: string[] = []
      let sinceApproval = 0
      for (const [at, move] of moves.entries()) {
        if ('ask' in move) {
          const room = Math.min(
            LIMITS.pendingPerApprover - pending.length,
            LIMITS.requestsPerApproverMinute - sinceApproval,
          )
          const taken = await burst(user, move.ask)
          expect(taken.length).toBe(Math.min(move.ask, room))
          pending.push(...taken)
          sinceApproval += taken.length
        } else {
          const challenge = pending.shift()
          if (challenge === undefined) continue
          // The moment of an approval must not be that of a request.
          const moment = stores[0].now()
          await eventually(() => Math.min(...stores.map((store) => store.now())) > moment + 1)
          await decide(contexts()[at % 2 === 0 ? 0 : 1], { user }, challenge, { decision: move.answer })
          if (move.answer === 'approve') sinceApproval = 0
          await eventually(() => Math.min(...stores.map((store) => store.now())) > moment + 3)
        }
      }
      expect((await approvals(contexts()[0], { user })).map(({ challenge }) => challenge).toSorted()).toEqual(
        pending.toSorted(),
      )
      for (const { recent = [] } of seen.versions) {
        expect(recent.length).toBeLessThanOrEqual(LIMITS.requestsPerApproverMinute)
      }
      seen.close()
    }
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: 25 })
  })

  it('let nobody in once a person has said "not me", however many ask at that moment', async () => {
    for (let round = 0; round < 10; round++) {
      const user = randomUUID()
      const both = contexts()
      const { challenge } = await create(both[0], SHOP, { approver: user })
      const seen = await watchInbox(user)
      let isSilenced = false
      const keepAsking = async (context: ChallengeContext) => {
        for (let times = 0; times < 3; times++) {
          const begunAfter = isSilenced
          const told = await create(context, SHOP, { approver: user }).then(
            () => 'asked',
            ({ code }) => code as string,
          )
          if (begunAfter) expect(told).toBe('approver_silenced')
        }
      }
      const asking = Array.from({ length: 8 }, (_, at) => keepAsking(both[at % 2 === 0 ? 0 : 1]))
      const denying = decide(both[1], { user }, challenge, { decision: 'deny', reason: 'not_me' }).then(() => {
        isSilenced = true
      })
      await Promise.all([...asking, denying])
      for (const context of both) {
        await expect(create(context, SHOP, { approver: user })).rejects.toMatchObject({ code: 'approver_silenced' })
      }
      await eventually(() => expect(seen.versions.at(-1)?.silence).toBeDefined())
      const from = seen.versions.findIndex(({ silence }) => silence !== undefined)
      const listed = seen.versions.slice(from).map(({ entries }) => entries.length)
      // From the silence on the list only ever becomes shorter.
      expect(listed).toEqual(listed.toSorted((a, b) => b - a))
      seen.close()
    }
  })
})
