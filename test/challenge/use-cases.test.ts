import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { create, decide } from '../../server/challenge/capabilities.ts'
import { INBOX } from '../../server/challenge/inbox.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { backend, contextOn } from './samples.ts'
import { describeInstances } from './several-instances.ts'
import { describeMoves } from './use-cases.ts'

describe('random moves on the memory store', () => {
  const store = new MemoryStore()
  afterAll(() => store.close())
  describeMoves(() => [store, store], 150)
  describeInstances(() => [store, store], 300)
})

describe('two stores on one Redis', () => {
  let redis: RedisServer
  let one: RedisStore
  let other: RedisStore
  beforeAll(async () => {
    redis = await startRedis()
    const options = { url: redis.url, prefix: randomUUID(), storeKeys: [randomBytes(32)] }
    one = await RedisStore.connect(options)
    other = await RedisStore.connect(options)
  })
  afterAll(async () => {
    await one.close()
    await other.close()
    await redis.stop()
  })

  describeMoves(() => [one, other], 60)
  describeInstances(() => [one, other], 150)

  it('make one challenge of twenty repeats at once', async () => {
    const contexts = [contextOn(one), contextOn(other)]
    const repeats = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        create(contexts[at % 2] ?? contextOn(one), backend(), { approver: 'grace', numberMatching: 6 }, 'order-1'),
      ),
    )
    expect(new Set(repeats.map((repeat) => repeat.challenge)).size).toBe(1)
    expect(new Set(repeats.map((repeat) => repeat.number)).size).toBe(1)
    expect(new Set(repeats.map((repeat) => repeat.createdDate)).size).toBe(1)
    expect((await one.read(INBOX, 'grace'))?.entries).toHaveLength(1)
  })

  it('let one of a hundred decisions win, and tell the same to all others', async () => {
    const contexts = [contextOn(one), contextOn(other)]
    const { challenge } = await create(contextOn(one), backend(), { approver: 'ada' })
    const told = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        decide(contexts[at % 2] ?? contextOn(one), { user: 'ada', device: `device-${at}` }, challenge, {
          decision: at % 3 === 0 ? 'approve' : 'deny',
        }).catch((error) => ({ code: error.code, record: error.extras.record })),
      ),
    )
    const winners = told.filter((answer) => !('code' in answer))
    expect(winners).toHaveLength(1)
    for (const answer of told) {
      if (answer !== winners[0]) expect(answer).toEqual({ code: 'challenge_complete', record: winners[0] })
    }
  })
})
