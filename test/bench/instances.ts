import { parseArgs } from 'node:util'
import { ensureTools } from '../support/tools.ts'
import type { Contender, Product } from './contenders/contender.ts'
import { hub, hub2, hub2Apart } from './contenders/hub.ts'
import { floor, floor2, naive, naive2 } from './contenders/rivals.ts'
import { Ledger } from './load/ledger.ts'
import { median, percentile } from './measure/statistics.ts'
import { wholeNumber } from './options.ts'
import { compileRivals } from './run/compile.ts'
import { describeSeats, takeGeneratorSeat } from './run/cores.ts'
import { type BenchRedis, startRedis } from './run/redis.ts'
import { align } from './tables.ts'
import { connectPages, type WaitingPage } from './workloads/connect-pages.ts'
import { churnLifecycles } from './workloads/lifecycle-churn.ts'
import { saturateOverHttp } from './workloads/saturation.ts'

/*
 * npm run bench:instances: what a second instance on the same core costs an update, and a whole life of a challenge, beside
 * what it costs others. Those who are compared run at the same time, and are loaded by turns of half a second: a machine
 * that is slow for a while is slow for all of them.
 */

const { rounds, updates, lifecycles, pages } = options()
/** Those of a line are compared with its first. */
const LINES: readonly (readonly Contender[])[] = [
  [floor, floor2],
  [naive, naive2],
  [hub, hub2Apart, hub2],
]
const WARM_UP = { lifecycles: 1_500, updates: 16_000 }

interface Competitor {
  readonly contender: Contender
  readonly redis: BenchRedis
  readonly product: Product
  readonly ledger: Ledger
  readonly pages: readonly WaitingPage[]
  /** Of each round, µs of server CPU: from update to push, and a lifecycle. */
  readonly costs: { readonly update: number[]; readonly lifecycle: number[] }
  lost: number
}

ensureTools()
takeGeneratorSeat()
await compileRivals()
const rows: string[][] = [
  ['', 'server CPU, µs from update to push', '÷ one instance', 'a lifecycle', '÷ one instance', 'lost', 'told twice'],
]
for (const line of LINES) rows.push(...(await compare(line)))
console.log(
  `${rounds} rounds of ${updates} updates each for ${pages} pages, half as many of ${lifecycles} lifecycles, ` +
    `${hub.inFlight} in flight; ${describeSeats()}.\n` +
    `Medians, and between which values half of the rounds lie.\n\n${align(rows)}`,
)

async function compare(line: readonly Contender[]): Promise<string[][]> {
  const competitors: Competitor[] = []
  try {
    for (const contender of line) competitors.push(await enter(contender))
    for (let round = 0; round < rounds; round++) {
      for (const competitor of competitors) await update(competitor)
    }
    // Before their time is up, which would be work of its own.
    for (const { pages } of competitors) for (const { page } of pages) page.close()
    for (let round = 0; round < rounds / 2; round++) {
      for (const competitor of competitors) await live(competitor)
    }
    const alone = competitors[0]?.costs
    return competitors.map(({ contender, costs, lost, ledger }) => [
      contender.name,
      ...beside(costs.update, alone?.update),
      ...beside(costs.lifecycle, alone?.lifecycle),
      String(lost),
      String(ledger.twice),
    ])
  } finally {
    await Promise.all(competitors.map(leave))
  }
}

/** A fresh server on a Redis of its own, its pages connected, its code compiled. */
async function enter(contender: Contender): Promise<Competitor> {
  const redis = await startRedis()
  const product = await contender.start(redis)
  const ledger = new Ledger()
  const { instances = 1, inFlight: atOnce } = contender
  await churnLifecycles(product, ledger, { count: WARM_UP.lifecycles * instances, atOnce })
  const crowd = await connectPages(product, ledger, { few: Math.floor(pages / 2), many: pages })
  await saturateOverHttp(product, ledger, crowd.pages, { count: WARM_UP.updates * instances, atOnce })
  return { contender, redis, product, ledger, pages: crowd.pages, costs: { update: [], lifecycle: [] }, lost: 0 }
}

async function update(competitor: Competitor): Promise<void> {
  const { product, ledger, pages, contender, costs } = competitor
  const size = { count: updates, atOnce: contender.inFlight }
  const figures = await saturateOverHttp(product, ledger, pages, size)
  costs.update.push(figures.cpuPerPush ?? Number.NaN)
  competitor.lost += figures.pushesLost ?? 0
}

async function live(competitor: Competitor): Promise<void> {
  const { product, ledger, contender, costs } = competitor
  const figures = await churnLifecycles(product, ledger, { count: lifecycles, atOnce: contender.inFlight })
  costs.lifecycle.push(figures.cpuPerLifecycle ?? Number.NaN)
  competitor.lost += figures.lifecyclesLost ?? 0
}

async function leave({ product, redis }: Competitor): Promise<void> {
  await product.stop()
  await redis.stop()
}

/** What it costs, and how many times as much as one instance in the same round. */
function beside(costs: readonly number[], alone: readonly number[] = []): [string, string] {
  const ratios = costs.map((cost, round) => cost / (alone[round] ?? Number.NaN))
  return [spread(costs, 0), spread(ratios, 2)]
}

function spread(values: readonly number[], digits: number): string {
  const [middle, low, high] = [median(values), percentile(values, 0.25), percentile(values, 0.75)]
  return `${middle.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`
}

function options(): { rounds: number; updates: number; lifecycles: number; pages: number } {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      updates: { type: 'string', default: '2500' },
      lifecycles: { type: 'string', default: '1000' },
      pages: { type: 'string', default: '1000' },
    },
  })
  return {
    rounds: wholeNumber('rounds', values.rounds),
    updates: wholeNumber('updates', values.updates),
    lifecycles: wholeNumber('lifecycles', values.lifecycles),
    pages: wholeNumber('pages', values.pages),
  }
}
