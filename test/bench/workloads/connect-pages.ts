import type { Opened, Product } from '../contenders/contender.ts'
import type { Figures } from '../figures.ts'
import { inFlight } from '../load/in-flight.ts'
import type { Ledger } from '../load/ledger.ts'
import type { Page } from '../load/page.ts'
import { busy, meter } from '../measure/cpu.ts'
import { settledMemory } from '../measure/memory.ts'

export interface WaitingPage {
  opened: Opened
  page: Page
}

const CONNECTING_AT_ONCE = 64

/**
 * Pages connect and each gets its first status. The first few are there before anything is measured, so that what a page
 * costs in memory is a slope between two crowds and not a share of what an empty server takes.
 */
export async function connectPages(
  product: Product,
  ledger: Ledger,
  { few, many }: { few: number; many: number },
): Promise<{ pages: WaitingPage[]; figures: Figures }> {
  const opened = await gather(many, () => product.open())

  const pages = await connectAll(product, ledger, opened.slice(0, few))
  const memoryOfFew = await settledMemory(product)

  const cost = meter(product)
  pages.push(...(await connectAll(product, ledger, opened.slice(few))))
  const spent = cost()
  const memoryOfMany = await settledMemory(product)

  const added = many - few
  return {
    pages,
    figures: {
      cpuPerConnection: spent.server / added,
      redisPerConnection: spent.redis / added,
      connectionsPerSecond: added / (spent.wall / 1e6),
      connectionsLost: many - pages.length,
      generatorBusyConnecting: busy(spent.generator, spent),
      memoryPerPage: (memoryOfMany - memoryOfFew) / added,
    },
  }
}

/** @param atOnce how many connect at a time */
export function connectAll(
  product: Product,
  ledger: Ledger,
  opened: readonly Opened[],
  atOnce = CONNECTING_AT_ONCE,
): Promise<WaitingPage[]> {
  const connect = async (index: number) => {
    const one = opened[index] as Opened
    return { opened: one, page: ledger.follow(await product.connect(one)) }
  }
  return gather(opened.length, connect, atOnce)
}

/** What came of so many attempts; the first failure is explained, all are counted by their absence. */
async function gather<Result>(
  count: number,
  attempt: (index: number) => Promise<Result>,
  atOnce = CONNECTING_AT_ONCE,
): Promise<Result[]> {
  const results: Result[] = []
  let told = false
  await inFlight(count, atOnce, async (index) => {
    try {
      results.push(await attempt(index))
    } catch (error) {
      if (!told) console.error(`page lost: ${error instanceof Error ? error.message : error}`)
      told = true
    }
  })
  return results
}
