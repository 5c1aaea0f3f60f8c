import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '../contenders.ts'
import type { Figures } from '../figures.ts'
import { busy, meter } from '../measure/cpu.ts'
import { percentile } from '../measure/statistics.ts'
import type { WaitingPage } from './waiting-pages.ts'

/** After the last update, how long a page may still be waiting before its news counts as lost. */
const LOST_AFTER_MS = 5_000

/** Updates at a fixed rate, whether or not the server keeps up, going round the pages; each must reach its own page. */
export async function sendSteadyUpdates(
  product: Product,
  pages: readonly WaitingPage[],
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Figures> {
  const total = perSecond * seconds
  const latencies: number[] = []
  /** When the update now on its way to a page was sent, by the word it carries. */
  const onTheWay = new Map<WaitingPage, Map<string, number>>()
  for (const waiting of pages) {
    const words = new Map<string, number>()
    onTheWay.set(waiting, words)
    waiting.page.onStatus = ({ challengeStatus }) => {
      const sentAt = words.get(challengeStatus)
      if (sentAt === undefined) return
      words.delete(challengeStatus)
      latencies.push(performance.now() - sentAt)
    }
  }

  const answers: Promise<void>[] = []
  const send = (index: number) => {
    const waiting = pages[index % pages.length] as WaitingPage
    const challengeStatus = `step-${index}`
    onTheWay.get(waiting)?.set(challengeStatus, performance.now())
    answers.push(product.update(waiting.challenge, { challengeStatus }).catch(tellOnce))
  }

  const cost = meter(product)
  const start = performance.now()
  for (let sent = 0; sent < total; await sleep(1)) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1e3) * perSecond))
    while (sent < due) send(sent++)
  }
  await Promise.all(answers)
  const deadline = performance.now() + LOST_AFTER_MS
  while (latencies.length < total && performance.now() < deadline) await sleep(5)
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
