import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '../contenders.ts'
import type { Figures } from '../figures.ts'
import { inFlight } from '../load/in-flight.ts'
import type { Page } from '../load/page.ts'
import { busy, meter } from '../measure/cpu.ts'

const LOST_AFTER_MS = 5_000
/** What a server puts off when a page leaves (giving up a subscription a second later, say) is part of its lifecycle. */
const AFTERMATH_MS = 1_500

/** Whole lives of challenges: create, connect, complete, receive, close. */
export async function churnLifecycles(
  product: Product,
  { count, atOnce }: { count: number; atOnce: number },
): Promise<Figures> {
  let lost = 0
  const cost = meter(product)
  await inFlight(count, atOnce, async () => {
    try {
      await liveOnce(product)
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
    lifecyclesPerSecond: count / (churn.wall / 1e6),
    lifecyclesLost: lost,
    serverBusyChurning: busy(churn.server, churn),
    generatorBusyChurning: busy(churn.generator, churn),
  }
}

async function liveOnce(product: Product): Promise<void> {
  const opened = await product.open()
  const page = await product.connect(opened)
  try {
    await Promise.all([
      completion(page),
      product.update(opened.challenge, { challengeStatus: 'approved', isChallengeComplete: true }),
    ])
  } finally {
    page.close()
  }
}

function completion(page: Page): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('the answer never reached the page')), LOST_AFTER_MS)
    page.onStatus = ({ isChallengeComplete }) => {
      if (!isChallengeComplete) return
      clearTimeout(limit)
      resolve()
    }
  })
}
