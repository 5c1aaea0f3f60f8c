import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { ensureTools } from '../support/tools.ts'
import { wholeNumber } from '../support/whole-number.ts'
import { inFlight } from './load/in-flight.ts'
import { cpuMicros } from './measure/cpu.ts'
import { toSpread } from './tables.ts'
import { KNOWN, Lives, type WaitingPage } from './workers/life.ts'

/*
 * npm run bench:workers: what several workers cost and bring, as far as two cores can show, and what a page costs that only
 * waits. The load generator and Redis share the cores with the hub, which is why two cores do not bring twice as much: what
 * tells is the CPU per lifecycle, which must stay what it is with one.
 */

const AT_ONCE = 64

const { rounds, lifecycles, pages, idleSeconds } = options()

const SEATINGS = [
  { name: '1 worker, on 1 core', workers: 1, cores: 1 },
  { name: '2 workers, on 1 core', workers: 2, cores: 1 },
  { name: '1 worker, on 2 cores', workers: 1, cores: 2 },
  { name: '2 workers, on 2 cores', workers: 2, cores: 2 },
] as const
type Seating = (typeof SEATINGS)[number]

interface Churn {
  readonly perSecond: number
  readonly hub: number
  /** Of that, the process that hands connections to the workers. */
  readonly primary: number
  readonly redis: number
  readonly generator: number
}

ensureTools()
const redis = await startRedis()
pin(process.pid, '1')
pin(redis.pid, '1')
const results = new Map<string, Churn[]>(SEATINGS.map(({ name }) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const seating of SEATINGS) results.get(seating.name)?.push(await churn(seating))
}
console.log(
  `${lifecycles} lifecycles, ${AT_ONCE} in flight; medians of ${rounds} rounds (lowest–highest); µs of CPU a lifecycle\n`,
)
for (const [name, churns] of results) {
  const told = (['perSecond', 'hub', 'primary', 'redis', 'generator'] as const).map((figure) =>
    toSpread(
      churns.map((one) => one[figure]),
      0,
    ),
  )
  console.log(
    `${name.padEnd(22)} ${told[0]}/s   hub ${told[1]}, of it primary ${told[2]}   redis ${told[3]}   generator ${told[4]}`,
  )
}
await leaveIdle()
await redis.stop()

async function churn({ workers, cores }: Seating): Promise<Churn> {
  const hub = await start(workers, cores)
  const lives = new Lives(hub.port)
  await inFlight(lifecycles / 2, AT_ONCE, () => lives.whole())
  const before = spent(hub, redis)
  await inFlight(lifecycles, AT_ONCE, () => lives.whole())
  const wall = (performance.now() - before.at) / 1_000
  // Subscriptions are given up a second after the page has left: part of its life.
  await pause(1_500)
  const after = spent(hub, redis)
  lives.end()
  await hub.stop()
  const each = (figure: 'hub' | 'primary' | 'redis' | 'generator') => (after[figure] - before[figure]) / lifecycles
  return {
    perSecond: lifecycles / wall,
    hub: each('hub'),
    primary: each('primary'),
    redis: each('redis'),
    generator: each('generator'),
  }
}

/** What a page costs in which nothing happens: pings, the sweep, memory. */
async function leaveIdle(): Promise<void> {
  const hub = await start(1, 1)
  const lives = new Lives(hub.port)
  const waiting: WaitingPage[] = []
  const rest = memoryOf(hub.pid)
  await inFlight(pages, AT_ONCE, async () => void waiting.push(await lives.begin()))
  await pause(2_000)
  const [before, began] = [spent(hub, redis), performance.now()]
  await pause(idleSeconds * 1_000)
  const after = spent(hub, redis)
  const pageSeconds = (pages * (performance.now() - began)) / 1_000
  const memory = (memoryOf(hub.pid) - rest) / pages
  const documents = Number(/used_memory_dataset:(\d+)/.exec(await redis.cli('info', 'memory'))?.[1]) / pages / 1_024
  console.log(
    `\n${pages} idle pages for ${idleSeconds} s: hub ${((after.hub - before.hub) / pageSeconds).toFixed(1)} µs, Redis` +
      ` ${((after.redis - before.redis) / pageSeconds).toFixed(2)} µs a page and second; hub ${memory.toFixed(1)} KiB` +
      ` (not collected), Redis ${documents.toFixed(1)} KiB a page`,
  )
  for (const page of waiting) page.close()
  lives.end()
  await hub.stop()
}

/** Its limits are on, and so high that they are not what is measured. */
async function start(workers: number, cores: number): Promise<HubProcess> {
  await redis.cli('flushall')
  const high = { LIMIT_CONNECTIONS_PER_SECOND: '100000', LIMIT_CONNECTION_RATE_PER_ADDRESS: '100000' }
  const hub = await spawnHub({
    NODE_ENV: 'production',
    REDIS_URL: redis.url,
    JWT_SECRET: 'a-secret-for-benches-only-of-40-characters',
    STORE_KEY: Buffer.alloc(32, 7).toString('base64'),
    DRAIN_SECONDS: '0',
    WORKERS: String(workers),
    ...KNOWN,
    ...high,
  })
  while (workers > 1 && workersOf(hub.pid).length < workers) await pause(20)
  while (hub.log.split('"msg":"serving"').length <= workers && workers > 1) await pause(20)
  for (const pid of [hub.pid, ...workersOf(hub.pid)]) pin(pid, cores === 1 ? '0' : '0,1')
  return hub
}

function spent(hub: HubProcess, { pid }: RedisServer) {
  const { user, system } = process.cpuUsage()
  const ofHub = [hub.pid, ...workersOf(hub.pid)].map(cpuMicros).reduce((sum, micros) => sum + micros)
  const primary = workersOf(hub.pid).length === 0 ? 0 : cpuMicros(hub.pid)
  return { at: performance.now(), hub: ofHub, primary, redis: cpuMicros(pid), generator: user + system }
}

function workersOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

/** Resident, in KiB. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

function pin(pid: number, cores: string): void {
  execFileSync('taskset', ['-acp', cores, String(pid)], { stdio: 'ignore' })
}

function options() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      lifecycles: { type: 'string', default: '2000' },
      pages: { type: 'string', default: '5000' },
      'idle-seconds': { type: 'string', default: '10' },
    },
  })
  return {
    rounds: wholeNumber('rounds', values.rounds),
    lifecycles: wholeNumber('lifecycles', values.lifecycles),
    pages: wholeNumber('pages', values.pages),
    idleSeconds: wholeNumber('idle-seconds', values['idle-seconds']),
  }
}
