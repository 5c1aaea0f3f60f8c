import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '../contenders/contender.ts'
import type { Figures } from '../figures.ts'
import { inFlight } from '../load/in-flight.ts'
import type { Ledger } from '../load/ledger.ts'
import { busy, meter } from '../measure/cpu.ts'

/** What a server puts off when a page leaves (giving up a subscription a second later, say) is part of its lifecycle. */
const AFTERMATH_MS = 1_500

/** Whole lives of challenges: create, connect, complete, receive, close. */
export async function churnLifecycles(
  product: Product,
  ledger: Ledger,
  { count, atOnce }: { count: number; atOnce: number },
): Promise<Figures> {
  let lost = 0
  const cost = meter(product)
  await inFlight(count, atOnce, async () => {
    try {
      await liveOnce(product, ledger)
    } catch (error) {
      if (lost++ === 0) console.error(`lifecycle lost: ${error instanceof Error ? error.message : error}`)
    }
  })
  const churn = cost()
  await sleep(AFTERMATH_MS)
  const whole = cost()

  return {
    cpuPerLifecycle: whole.server / count,
    redisPerLifecycle: whole.redis / count,
    bothPerLifecycle: (whole.server + whole.redis) / count,
    lifecyclesPerSecond: count / (churn.wall / 1e6),
    lifecyclesLost: lost,
    serverBusyChurning: busy(churn.server, churn),
    generatorBusyChurning: busy(churn.generator, churn),
  }
}

async function liveOnce(product: Product, ledger: Ledger): Promise<void> {
  const opened = await product.open()
  const page = ledger.follow(await product.connect(opened))
  try {
    const challengeStatus = ledger.word()
    const [latency] = await Promise.all([
      ledger.expect(page, challengeStatus),
      product.update(opened.challenge, { challengeStatus, isChallengeComplete: true }),
    ])
    if (latency === undefined) throw new Error('the answer never reached the page')
  } finally {
    page.close()
  }
}
