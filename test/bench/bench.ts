import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Contender, hub, naive, polling } from './contenders.ts'
import type { Figures } from './figures.ts'
import { Results } from './results.ts'
import { compileRivals } from './run/compile.ts'
import { describeSeats, takeGeneratorSeat } from './run/cores.ts'
import { type BenchRedis, startRedis } from './run/redis.ts'
import { toTable } from './table.ts'
import { leavePagesIdle } from './workloads/idle-pages.ts'
import { churnLifecycles } from './workloads/lifecycle-churn.ts'
import { sendSteadyUpdates } from './workloads/steady-updates.ts'
import { gatherWaitingPages, type WaitingPage } from './workloads/waiting-pages.ts'

interface Sizes {
  rounds: number
  warmUp: number
  few: number
  many: number
  updatedPages: number
  updates: { perSecond: number; seconds: number }
  idleSeconds: number
  lifecycles: number
  /** The hub gives up subscriptions a second after the last page has left. */
  cleanUpMs: number
}

const FULL: Sizes = {
  rounds: 5,
  warmUp: 500,
  few: 500,
  many: 3_000,
  updatedPages: 2_000,
  updates: { perSecond: 500, seconds: 8 },
  idleSeconds: 3,
  lifecycles: 2_048,
  cleanUpMs: 2_000,
}

/** `--quick`: does everything still run? Its figures are too small to be quoted. */
const QUICK: Sizes = {
  rounds: 1,
  warmUp: 64,
  few: 100,
  many: 300,
  updatedPages: 200,
  updates: { perSecond: 200, seconds: 2 },
  idleSeconds: 1,
  lifecycles: 128,
  cleanUpMs: 200,
}

const MOST_CPU_PER_LIFECYCLE = 1.3

// `npm run bench -- --quick`, `npm run bench -- --only=hub,naive`
const quick = process.argv.includes('--quick')
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length)
const sizes = quick ? QUICK : FULL
const contenders = [hub, naive, polling].filter(({ name }) => only === undefined || only.split(',').includes(name))

takeGeneratorSeat()
await compileRivals()
const redis = await startRedis()
const results = new Results()
for (let round = 0; round < sizes.rounds; round++) {
  for (const contender of rotated(contenders, round)) {
    process.stderr.write(`round ${round + 1} of ${sizes.rounds}: ${contender.name}\n`)
    results.add(round, contender.name, await measure(contender, redis))
  }
}
await redis.stop()

console.log(
  `\n${cpus()[0]?.model}, Node ${process.version}, Redis ${redis.version}; ${describeSeats()}.
${sizes.rounds} interleaved rounds: median (lowest–highest); ratios are the median of the rounds' ratios.
CPU from /proc/<pid>/stat. Memory: slope between ${sizes.few} and ${sizes.many} waiting pages, after a full collection.
Updates: ${sizes.updates.perSecond}/s for ${sizes.updates.seconds} s, ${sizes.updatedPages} pages waiting; latency from sending the request to the page's frame.
Lifecycles: ${sizes.lifecycles}, ${contenders.map(({ name, lifecyclesInFlight }) => `${name} ${lifecyclesInFlight}`).join(', ')} in flight; polling's page polls once, idle time comes on top.\n`,
)
console.log(
  toTable(
    results,
    contenders.map(({ name }) => name),
  ),
)
if (!quick) judge(results)

/** One contender's turn: a fresh server on an empty Redis, warmed up, then every workload in the same order. */
async function measure(contender: Contender, redis: BenchRedis): Promise<Figures> {
  await redis.flush()
  const product = await contender.start(redis)
  try {
    const atOnce = contender.lifecyclesInFlight
    await churnLifecycles(product, { count: sizes.warmUp, atOnce })

    const crowd = await gatherWaitingPages(product, sizes)
    const idle =
      contender.name === 'polling' ? await leavePagesIdle(product, crowd.pages.length, sizes.idleSeconds) : {}

    await dismiss(crowd.pages.splice(sizes.updatedPages))
    const steady = await sendSteadyUpdates(product, crowd.pages, sizes.updates)

    await dismiss(crowd.pages)
    const churn = await churnLifecycles(product, { count: sizes.lifecycles, atOnce })
    return { ...crowd.figures, ...idle, ...steady, ...churn }
  } finally {
    await product.stop()
  }
}

/** Pages leave, and the server is given time to clean up after them, which is no part of the next workload. */
async function dismiss(pages: readonly WaitingPage[]): Promise<void> {
  for (const { page } of pages) page.close()
  await sleep(sizes.cleanUpMs)
}

/** Nobody is always first, nobody always follows the same rival. */
function rotated(all: readonly Contender[], round: number): Contender[] {
  return all.map((_, index) => all[(index + round) % all.length] as Contender)
}

function judge(results: Results): void {
  const ratio = results.ratio('hub', 'naive', 'cpuPerLifecycle')
  const lost = (['connectionsLost', 'updatesLost', 'lifecyclesLost'] as const)
    .map((figure) => results.total('hub', figure))
    .reduce((sum, count) => sum + count)
  if (ratio === undefined) return
  console.log(`\nhub ÷ naive, CPU per lifecycle: ${ratio.toFixed(2)} (must be ≤ ${MOST_CPU_PER_LIFECYCLE}).`)
  console.log(`Lost by the hub in all rounds: ${lost} (must be 0).`)
  if (ratio > MOST_CPU_PER_LIFECYCLE || lost > 0) process.exitCode = 1
}
