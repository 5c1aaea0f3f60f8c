import { createSecretKey } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../server/limits/settings.ts'
import { UserRates } from '../../server/limits/user-rates.ts'
import { type CountingClient, openCountingClient } from '../../server/store/redis/counting-client.ts'
import { eventually } from '../support/eventually.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

let redis: RedisServer
const clients: CountingClient[] = []
let prefixes = 0
let prefix: string

beforeAll(async () => {
  redis = await startRedis({ appendonly: true })
})
afterAll(() => redis.stop())
afterEach(() => {
  for (const client of clients.splice(0)) client.stop()
})

const settings = { ...DEFAULT_LIMITS, decisionsPerUser: 3, approverConnectionsPerUser: 0 }
const key = createSecretKey(Buffer.alloc(32, 9))

async function instances(count: number): Promise<UserRates[]> {
  prefix = `p${prefixes++}`
  const made = Array.from({ length: count }, () => openCountingClient(redis.url, () => undefined))
  clients.push(...made)
  await eventually(() => made.every(({ client }) => client.status === 'ready'))
  return made.map(({ client }) => new UserRates({ settings, prefix, key, redis: client }))
}

const decide = async (rates: UserRates | undefined, user: string) => (await rates?.take('decisionsPerUser', user)) ?? -1

it('counts a person over all instances, each for itself', async () => {
  const [one, other] = await instances(2)
  expect([await decide(one, 'ada'), await decide(other, 'ada'), await decide(one, 'ada')]).toEqual([0, 0, 0])
  const wait = await decide(other, 'ada')
  expect(wait).toBeGreaterThan(0)
  expect(wait).toBeLessThanOrEqual(60)
  expect(await decide(one, 'ada')).toBeGreaterThan(0)
  expect(await decide(one, 'eve')).toBe(0)
})

it('a limit of 0 is none', async () => {
  const [one] = await instances(1)
  for (let count = 0; count < 50; count++) expect(await one?.take('approverConnectionsPerUser', 'ada')).toBe(0)
})

it('writes no name into Redis, and nothing that stays', async () => {
  const [one] = await instances(1)
  await decide(one, 'ada.lovelace@example.com')
  const keys = (await redis.cli('keys', `${prefix}*`)).split('\n')
  expect(keys).toEqual([expect.stringMatching(new RegExp(`^${prefix}:limit:decisionsPerUser:[\\w-]{22}$`))])
  expect(Number(await redis.cli('ttl', keys[0] ?? ''))).toBeGreaterThan(0)
})

it.each([
  ['is frozen', () => redis.freeze(), () => redis.thaw()],
  ['was killed', () => redis.kill(), () => redis.restart()],
])('while Redis %s nobody waits for it, and each instance counts for itself', async (_how, away, back) => {
  const [one, other] = await instances(2)
  await away()
  const began = performance.now()
  for (const rates of [one, other]) {
    const waits = [await decide(rates, 'ada'), await decide(rates, 'ada'), await decide(rates, 'ada')]
    expect(waits).toEqual([0, 0, 0])
    expect(await decide(rates, 'ada')).toBeGreaterThan(0)
  }
  expect(performance.now() - began).toBeLessThan(1_500)
  await back()
  // It counts in Redis again: there, ada has not been seen, or not often.
  await eventually(async () => {
    await decide(one, 'bob')
    expect(await redis.cli('keys', `${prefix}*`)).not.toBe('')
  })
})
