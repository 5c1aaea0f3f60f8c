import { parseArgs } from 'node:util'
import { ensureTools } from '../support/tools.ts'
import { wholeNumber } from '../support/whole-number.ts'
import type { Contender, Product } from './contenders/contender.ts'
import { hub, hub2, hub2Apart } from './contenders/hub.ts'
import { floor, floor2, naive, naive2 } from './contenders/rivals.ts'
import { Ledger } from './load/ledger.ts'
import { compileRivals } from './run/compile.ts'
import { describeSeats, takeGeneratorSeat } from './run/cores.ts'
import { type BenchRedis, startRedis } from './run/redis.ts'
import { align, toSpread } from './tables.ts'
import { connectPages, type WaitingPage } from './workloads/connect-pages.ts'
import { churnLifecycles } from './workloads/lifecycle-churn.ts'
import { saturateOverHttp } from './workloads/saturation.ts'

/*
 * npm run bench:instances: what a second instance on the same core costs an update, and a whole life of a challenge, beside
 * what it costs others. Those who are compared run at the same time, and are loaded by turns of half a second: a machine
 * that is slow for a while is slow for all of them. All are started anew a few times: one
 * start makes a process dearer than the next, for as long as it lives.
 */

const { starts, rounds, updates, lifecycles, pages } = options()
/** Those of a line are compared with its first. */
const LINES: readonly (readonly Contender[])[] = [
  [floor, floor2],
  [naive, naive2],
  [hub, hub2Apart, hub2],
]
const WARM_UP = { lifecycles: 1_500, updates: 16_000 }

/** What costs so many µs of server CPU. */
const FIGURES = ['update', 'lifecycle'] as const
/** Of one start, the mean of its rounds. */
type Costs = Readonly<Record<(typeof FIGURES)[number], number>>

interface Competitor {
  readonly contender: Contender
  readonly redis: BenchRedis
  readonly product: Product
  readonly ledger: Ledger
  readonly pages: readonly WaitingPage[]
  /** Of each round. */
  readonly costs: Record<keyof Costs, number[]>
  lost: number
}

interface Entry {
  readonly costs: Costs[]
  lost: number
  twice: number
}

ensureTools()
takeGeneratorSeat()
await compileRivals()
const rows: string[][] = [['', ...FIGURES.flatMap((figure) => [figure, '÷ one instance']), 'lost', 'told twice']]
for (const line of LINES) rows.push(...(await compare(line)))
console.log(
  `Server CPU, µs. ${starts} starts, in each ${rounds} rounds of ${updates} updates for ${pages} pages and of ${lifecycles} ` +
    `lifecycles; ${hub.inFlight} in flight; ${describeSeats()}.\nMedians of the starts, and the lowest and the highest.\n\n${align(rows)}`,
)

async function compare(line: readonly Contender[]): Promise<string[][]> {
  const entries = line.map((): Entry => ({ costs: [], lost: 0, twice: 0 }))
  for (let start = 0; start < starts; start++) {
    const competitors: Competitor[] = []
    try {
      for (const contender of line) competitors.push(await enter(contender))
      for (let round = 0; round < rounds; round++) for (const competitor of competitors) await update(competitor)
      // Before their time is up, which would be work of its own.
      for (const { pages } of competitors) for (const { page } of pages) page.close()
      for (let round = 0; round < rounds; round++) for (const competitor of competitors) await live(competitor)
    } finally {
      await Promise.all(competitors.map(leave))
    }
    for (const [at, entry] of entries.entries()) note(entry, competitors[at] as Competitor)
  }
  const alone = (entries[0] as Entry).costs
  return entries.map(({ costs, lost, twice }, at) => [
    (line[at] as Contender).name,
    ...FIGURES.flatMap((figure) => beside(figure, costs, alone)),
    String(lost),
    String(twice),
  ])
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

function note(entry: Entry, { costs, lost, ledger }: Competitor): void {
  entry.costs.push({ update: mean(costs.update), lifecycle: mean(costs.lifecycle) })
  entry.lost += lost
  entry.twice += ledger.twice
}

/** What it costs, and how many times as much as one instance of the same start. */
function beside(figure: keyof Costs, costs: readonly Costs[], alone: readonly Costs[]): [string, string] {
  const own = costs.map((ofStart) => ofStart[figure])
  const ratios = own.map((cost, start) => cost / (alone[start]?.[figure] ?? Number.NaN))
  return [toSpread(own, 0), toSpread(ratios, 2)]
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function options(): { starts: number; rounds: number; updates: number; lifecycles: number; pages: number } {
  const { values } = parseArgs({
    options: {
      starts: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '4' },
      updates: { type: 'string', default: '2500' },
      lifecycles: { type: 'string', default: '1000' },
      pages: { type: 'string', default: '1000' },
    },
  })
  return {
    starts: wholeNumber('starts', values.starts),
    rounds: wholeNumber('rounds', values.rounds),
    updates: wholeNumber('updates', values.updates),
    lifecycles: wholeNumber('lifecycles', values.lifecycles),
    pages: wholeNumber('pages', values.pages),
  }
}
