import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '../contenders/contender.ts'
import type { Figures } from '../figures.ts'
import type { Ledger } from '../load/ledger.ts'
import { busy, meter } from '../measure/cpu.ts'
import { percentile } from '../measure/statistics.ts'
import type { WaitingPage } from './connect-pages.ts'

/** Updates at a fixed rate, whether or not the server keeps up, going round the pages; each must reach its own page. */
export async function sendSteadyUpdates(
  product: Product,
  ledger: Ledger,
  pages: readonly WaitingPage[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Figures> {
  const total = perSecond * seconds
  const arrivals: Promise<number | undefined>[] = []
  const answers: Promise<void>[] = []
  const send = (index: number) => {
    const { opened, page } = pages[index % pages.length] as WaitingPage
    const challengeStatus = ledger.word()
    arrivals.push(ledger.expect(page, challengeStatus))
    answers.push(product.update(opened.challenge, { challengeStatus }).catch(tellOnce))
  }

  const cost = meter(product)
  const start = performance.now()
  for (let sent = 0; sent < total; await sleep(1)) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1e3) * perSecond))
    while (sent < due) send(sent++)
  }
  await Promise.all(answers)
  const latencies = (await Promise.all(arrivals)).filter((latency) => latency !== undefined)
  const spent = cost()

  return {
    pushLatencyMedian: percentile(latencies, 0.5),
    pushLatencyP99: percentile(latencies, 0.99),
    cpuPerUpdate: spent.server / total,
    redisPerUpdate: spent.redis / total,
    updatesLost: total - latencies.length,
    generatorBusyUpdating: busy(spent.generator, spent),
  }
}

let told = false
/** A refused update is counted where it shows, as one that never arrived; the first is explained. */
function tellOnce(error: Error): void {
  if (!told) console.error(`update refused: ${error.message}`)
  told = true
}
