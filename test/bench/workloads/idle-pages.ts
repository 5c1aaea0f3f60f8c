import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '../contenders/contender.ts'
import type { Figures } from '../figures.ts'
import { meter } from '../measure/cpu.ts'

/** What it costs that pages wait and nothing happens. */
export async function leavePagesIdle(product: Product, pages: number, seconds: number): Promise<Figures> {
  const cost = meter(product)
  await sleep(seconds * 1e3)
  const { server, wall } = cost()
  return { cpuPerIdlePageSecond: server / pages / (wall / 1e6) }
}
