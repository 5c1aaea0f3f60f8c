import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { spawnHub } from '../support/hub-process.ts'
import { Provider } from '../support/provider.ts'
import { startRedis } from '../support/redis-server.ts'
import { ensureTools } from '../support/tools.ts'
import { wholeNumber } from '../support/whole-number.ts'
import { pairs, type Side } from './dialects/pairs.ts'
import { BenchWorld, ENVIRONMENT } from './dialects/world.ts'
import { inFlight } from './load/in-flight.ts'
import { cpuMicros } from './measure/cpu.ts'
import { median } from './measure/statistics.ts'
import { describeSeats, pinTo, takeGeneratorSeat } from './run/cores.ts'

/*
 * npm run bench:dialects: what a dialect's call costs beside the native call that it becomes: server CPU, on Redis, one
 * instance, in turns. Must: 1.15. Where the call is not of the same weight natively (it answers with more, or less), it says so.
 */

const MUST = 1.15
const AT_ONCE = 8

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, calls: { type: 'string', default: '600' } },
})
const [rounds, calls] = [wholeNumber('rounds', values.rounds), wholeNumber('calls', values.calls)]

ensureTools()
const [redis, provider] = await Promise.all([startRedis(), Provider.start()])
const hub = await spawnHub({
  NODE_ENV: 'production',
  REDIS_URL: redis.url,
  JWT_SECRET: randomUUID(),
  STORE_KEY: Buffer.alloc(32, 7).toString('base64'),
  DRAIN_SECONDS: '0',
  ...provider.environment,
  ...ENVIRONMENT,
})
takeGeneratorSeat()
pinTo('generator', redis.pid)
pinTo('server', hub.pid)

console.log(`${describeSeats()}; µs of server CPU a call, medians of ${rounds} rounds of ${calls}\n`)
console.log('| call | native | dialect | ratio (lowest to highest) | |\n|---|---|---|---|---|')
let missed = 0
for (const { name, native, dialect } of pairs(await BenchWorld.create(hub.port, AT_ONCE))) {
  const costs = { native: [] as number[], dialect: [] as number[] }
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    // Whoever is second has warmer caches.
    const turns = round % 2 === 0 ? (['native', 'dialect'] as const) : (['dialect', 'native'] as const)
    for (const turn of turns) {
      const cost = await costOf(turn === 'native' ? native : dialect)
      if (round > 0) costs[turn].push(cost)
    }
  }
  const ratios = costs.dialect.map((cost, round) => cost / (costs.native[round] ?? 0))
  const ratio = median(ratios)
  if (ratio > MUST) missed += 1
  const spread = `${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`
  const [one, other] = [costs.native, costs.dialect].map((each) => median(each).toFixed(0))
  console.log(`| ${name} | ${one} | ${other} | ${spread} | ${ratio > MUST ? 'missed' : 'kept'} |`)
}
console.log(`\n${missed === 0 ? 'Every call is' : `${missed} are not`} within ${MUST} times the native one.`)
if (missed > 0) process.exitCode = 1
await hub.stop()
await Promise.all([redis.stop(), provider.stop()])

async function costOf({ prepare, call }: Side): Promise<number> {
  await prepare?.(calls)
  const before = cpuMicros(hub.pid)
  await inFlight(calls, AT_ONCE, async (index) => void (await call(index)))
  return (cpuMicros(hub.pid) - before) / calls
}
