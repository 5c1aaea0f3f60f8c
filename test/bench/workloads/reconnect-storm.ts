import type { Product } from '../contenders/contender.ts'
import type { Figures } from '../figures.ts'
import type { Ledger } from '../load/ledger.ts'
import { busy, meter } from '../measure/cpu.ts'
import { connectAll, type WaitingPage } from './connect-pages.ts'

/** All pages lose their links in one moment, and all come back in the next, none of them waiting its turn. */
export async function reconnectAll(
  product: Product,
  ledger: Ledger,
  pages: readonly WaitingPage[],
): Promise<{ pages: WaitingPage[]; figures: Figures }> {
  const cost = meter(product)
  for (const { page } of pages) page.drop()
  const opened = pages.map((waiting) => waiting.opened)
  const back = await connectAll(product, ledger, opened, opened.length)
  const spent = cost()
  return {
    pages: back,
    figures: {
      secondsUntilBack: spent.wall / 1e6,
      cpuPerReturn: spent.server / pages.length,
      redisPerReturn: spent.redis / pages.length,
      returnsLost: pages.length - back.length,
      generatorBusyReturning: busy(spent.generator, spent),
    },
  }
}
