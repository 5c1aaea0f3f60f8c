import type { Opened, Product } from '../contenders.ts'
import type { Figures } from '../figures.ts'
import { inFlight } from '../load/in-flight.ts'
import type { Page } from '../load/page.ts'
import { meter } from '../measure/cpu.ts'
import { settledMemory } from '../measure/memory.ts'

export interface WaitingPage {
  challenge: string
  page: Page
}

const CONNECTING_AT_ONCE = 64

/**
 * Pages connect and each gets its first status. The first few are there before anything is measured, so that what a page
 * costs in memory is a slope between two crowds and not a share of what an empty server takes.
 */
export async function gatherWaitingPages(
  product: Product,
  { few, many }: { few: number; many: number },
): Promise<{ pages: WaitingPage[]; figures: Figures }> {
  const opened = await gather(many, () => product.open())

  const pages = await connectAll(product, opened.slice(0, few))
  const memoryOfFew = await settledMemory(product.pid)

  const cost = meter(product)
  pages.push(...(await connectAll(product, opened.slice(few))))
  const { server } = cost()
  const memoryOfMany = await settledMemory(product.pid)

  const added = many - few
  return {
    pages,
    figures: {
      cpuPerConnection: server / added,
      connectionsLost: many - pages.length,
      memoryPerPage: (memoryOfMany - memoryOfFew) / added,
    },
  }
}

function connectAll(product: Product, opened: readonly Opened[]): Promise<WaitingPage[]> {
  return gather(opened.length, async (index) => {
    const one = opened[index] as Opened
    return { challenge: one.challenge, page: await product.connect(one) }
  })
}

/** What came of so many attempts; the first failure is explained, all are counted by their absence. */
async function gather<Result>(count: number, attempt: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  let told = false
  await inFlight(count, CONNECTING_AT_ONCE, async (index) => {
    try {
      results.push(await attempt(index))
    } catch (error) {
      if (!told) console.error(`page lost: ${error instanceof Error ? error.message : error}`)
      told = true
    }
  })
  return results
}
