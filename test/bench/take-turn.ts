import { setTimeout as sleep } from 'node:timers/promises'
import type { Figures } from './figures.ts'
import { Ledger } from './load/ledger.ts'
import type { Turn } from './plan.ts'
import type { BenchRedis } from './run/redis.ts'
import type { Sizes } from './sizes.ts'
import { connectPages, type WaitingPage } from './workloads/connect-pages.ts'
import { leavePagesIdle } from './workloads/idle-pages.ts'
import { churnLifecycles } from './workloads/lifecycle-churn.ts'
import { reconnectAll } from './workloads/reconnect-storm.ts'
import { saturateByPublishing, saturateOverHttp } from './workloads/saturation.ts'
import { sendSteadyUpdates } from './workloads/steady-updates.ts'
import { watchMoreAndMore } from './workloads/watched-documents.ts'

/** One contender's turn: a fresh server on an empty Redis, warmed up, then each of its workloads. */
export async function takeTurn({ contender, workloads }: Turn, redis: BenchRedis, sizes: Sizes): Promise<Figures> {
  await redis.flush()
  const product = await contender.start(redis)
  const ledger = new Ledger()
  const { inFlight: atOnce, instances = 1, mostPages = Number.POSITIVE_INFINITY } = contender
  const does = (...names: Turn['workloads']) => names.some((name) => workloads.includes(name))
  const figures: Figures = {}
  try {
    await churnLifecycles(product, ledger, { count: sizes.warmUp * instances, atOnce })

    if (does('connect', 'idle', 'steady', 'saturation', 'publishing', 'storm')) {
      const [few, many] = [Math.min(sizes.few, mostPages / 2), Math.min(sizes.many, mostPages)]
      const crowd = await connectPages(product, ledger, { few, many })
      Object.assign(figures, crowd.figures)
      if (does('idle') && contender.idleSeconds !== undefined) {
        const seconds = contender.idleSeconds * sizes.idleShare
        Object.assign(figures, await leavePagesIdle(product, crowd.pages.length, seconds))
      }
      let pages: readonly WaitingPage[] = crowd.pages.slice(0, sizes.pages)
      if (pages.length < crowd.pages.length) await dismiss(crowd.pages.slice(sizes.pages), sizes)
      const pushes = { count: sizes.pushes, atOnce }
      // Code that every instance has run often is compiled: unmeasured, so that none is compared with one that is not.
      const often = { count: sizes.warmUp * 4 * instances, atOnce }
      if (does('saturation', 'steady')) await saturateOverHttp(product, ledger, pages, often)
      if (does('saturation')) Object.assign(figures, await saturateOverHttp(product, ledger, pages, pushes))
      if (does('steady')) Object.assign(figures, await sendSteadyUpdates(product, ledger, pages, sizes.steady))
      if (does('publishing')) {
        await saturateByPublishing(product, ledger, pages, often)
        Object.assign(figures, await saturateByPublishing(product, ledger, pages, pushes))
      }
      if (does('storm')) {
        const storm = await reconnectAll(product, ledger, pages)
        Object.assign(figures, storm.figures)
        pages = storm.pages
      }
      await dismiss(pages, sizes)
    }
    if (does('churn')) {
      Object.assign(figures, await churnLifecycles(product, ledger, { count: sizes.lifecycles, atOnce }))
    }
    if (does('watched')) Object.assign(figures, await watchMoreAndMore(product, ledger, sizes.watched))
    return { ...figures, ...withThePerson(figures), toldTwice: ledger.twice }
  } finally {
    await product.stop()
  }
}

/** In the churn the answer follows at once; a person takes time, in which the page waits. Seconds. */
const PERSON_TAKES = 10

function withThePerson({ cpuPerLifecycle, cpuPerIdlePageSecond }: Figures): Figures {
  if (cpuPerLifecycle === undefined || cpuPerIdlePageSecond === undefined) return {}
  return { cpuPerAskedLifecycle: cpuPerLifecycle + PERSON_TAKES * cpuPerIdlePageSecond }
}

/** Pages leave, and the server is given time to clean up after them, which is no part of the next workload. */
async function dismiss(pages: readonly WaitingPage[], { cleanUpMs }: Sizes): Promise<void> {
  for (const { page } of pages) page.close()
  await sleep(cleanUpMs)
}
