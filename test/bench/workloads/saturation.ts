import type { Change, Product } from '../contenders/contender.ts'
import type { Figures } from '../figures.ts'
import { inFlight } from '../load/in-flight.ts'
import type { Ledger } from '../load/ledger.ts'
import type { Page } from '../load/page.ts'
import { connectPublisher } from '../load/publisher.ts'
import { busy, type Cost, meter } from '../measure/cpu.ts'
import type { WaitingPage } from './connect-pages.ts'

/** A challenge, and the page that must hear of its change. */
export interface Target {
  readonly challenge: string
  readonly page: Page
}

export interface Saturation {
  readonly cost: Cost
  readonly lost: number
}

/** So many updates, the next as soon as one has been answered and has reached its page. */
export async function saturate(
  product: Product,
  ledger: Ledger,
  targets: readonly Target[],
  { count, atOnce }: { count: number; atOnce: number },
  update: (challenge: string, change: Change) => Promise<void> = product.update,
): Promise<Saturation> {
  let lost = 0
  let told = false
  // Going round all of them, or spread over them where there are more than updates.
  const step = Math.max(1, Math.floor(targets.length / count))
  const cost = meter(product)
  // Never two at a time for one page: one that polls would hear only the second.
  await inFlight(count, Math.min(atOnce, targets.length), async (index) => {
    const { challenge, page } = targets[(index * step) % targets.length] as Target
    const challengeStatus = ledger.word()
    const arrival = ledger.expect(page, challengeStatus)
    try {
      await update(challenge, { challengeStatus })
      if ((await arrival) === undefined) lost += 1
    } catch (error) {
      lost += 1
      if (!told) console.error(`update refused: ${error instanceof Error ? error.message : error}`)
      told = true
    }
  })
  return { cost: cost(), lost }
}

export async function saturateOverHttp(
  product: Product,
  ledger: Ledger,
  pages: readonly WaitingPage[],
  size: { count: number; atOnce: number },
): Promise<Figures> {
  const { cost, lost } = await saturate(product, ledger, toTargets(pages), size)
  return {
    cpuPerPush: cost.server / size.count,
    redisPerPush: cost.redis / size.count,
    pushesPerSecond: size.count / (cost.wall / 1e6),
    pushesLost: lost,
    serverBusyPushing: busy(cost.server, cost),
    generatorBusyPushing: busy(cost.generator, cost),
  }
}

/** The same by a backend that keeps a socket open instead. */
export async function saturateByPublishing(
  product: Product,
  ledger: Ledger,
  pages: readonly WaitingPage[],
  size: { count: number; atOnce: number },
): Promise<Figures> {
  if (!product.publishing) return {}
  const publisher = await connectPublisher(product.publishing)
  const publish = async (challenge: string, change: Change) => {
    const reply = await publisher.emit('update', { challenge, ...change })
    if (!reply.ok) throw new Error(JSON.stringify(reply))
  }
  const { cost, lost } = await saturate(product, ledger, toTargets(pages), size, publish)
  publisher.close()
  return {
    cpuPerPublished: cost.server / size.count,
    redisPerPublished: cost.redis / size.count,
    publishedPerSecond: size.count / (cost.wall / 1e6),
    publishedLost: lost,
    generatorBusyPublishing: busy(cost.generator, cost),
  }
}

function toTargets(pages: readonly WaitingPage[]): Target[] {
  return pages.map(({ opened, page }) => ({ challenge: opened.challenge, page }))
}
