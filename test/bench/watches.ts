import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Cluster } from 'ioredis'
import { parseRedisUrl } from '../../server/redis-url.ts'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { type Document, defineKind } from '../../server/store/store.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { startRedis } from '../support/redis-server.ts'
import { ensureTools } from '../support/tools.ts'
import { median } from './measure/statistics.ts'

/*
 * npm run bench:watches: what one more watch costs when many documents are watched already, and what the sweep over all
 * of them costs. The client library's own sharded subscriptions are measured beside it, at the same numbers of channels.
 */

const COUNTS = [1_000, 10_000, 50_000]
/** So many more at each count, in rounds of which the median counts. */
const MORE = 200
const ROUNDS = 5
const TOGETHER = 100
/** Two rounds of the sweep. Milliseconds. */
const SWEEP_MS = 16_000

const notes = defineKind<Document>('note')

/** CPU time this process took, microseconds. */
async function cpu(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await act()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

async function inTurns(count: number, act: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < count; done += TOGETHER) {
    await Promise.all(Array.from({ length: Math.min(TOGETHER, count - done) }, act))
  }
}

/** Microseconds for one more, at each count, and what holds them all. */
async function growth(one: () => Promise<unknown>): Promise<number[]> {
  const costs: number[] = []
  let total = 0
  for (const count of COUNTS) {
    await inTurns(count - total, one)
    const rounds: number[] = []
    for (let round = 0; round < ROUNDS; round++) rounds.push((await cpu(() => inTurns(MORE, one))) / MORE)
    total = count + ROUNDS * MORE
    costs.push(median(rounds))
  }
  return costs
}

async function measureStore(name: string, url: string): Promise<void> {
  const store = await RedisStore.connect({ url, prefix: randomUUID(), storeKeys: [randomBytes(32)] })
  const costs = await growth(() => store.watch(notes, randomUUID(), () => undefined))
  const sweeping = await cpu(() => pause(SWEEP_MS))
  print(name, costs, `${((100 * sweeping) / (SWEEP_MS * 1_000)).toFixed(1)} %`)
  await store.close()
}

async function measureLibrary(url: string): Promise<void> {
  const deployment = parseRedisUrl(url)
  if (deployment.kind !== 'cluster') throw new Error('a cluster is needed')
  const cluster = new Cluster([...deployment.nodes], { shardedSubscribers: true })
  await new Promise((resolve) => cluster.once('subscribersReady', resolve))
  print("the client library's own", await growth(() => cluster.ssubscribe(randomUUID())), '')
  cluster.disconnect()
}

function print(name: string, costs: readonly number[], sweep: string): void {
  console.log(`| ${name} | ${costs.map((cost) => `${Math.round(cost)} µs`).join(' | ')} | ${sweep} |`)
}

const { values } = parseArgs({ options: { library: { type: 'boolean', default: false } } })
ensureTools()
console.log(
  `| one more watch, with so many already | ${COUNTS.join(' | ')} | sweep of all, of a core |\n|---|---|---|---|---|`,
)
{
  await using redis = await startRedis()
  await measureStore('hub, one Redis', redis.url)
}
{
  await using redis = await startCluster()
  await measureStore('hub, cluster', redis.url)
  if (values.library) await measureLibrary(redis.url)
}
process.exit(0)
