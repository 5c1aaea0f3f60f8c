import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '../contenders/contender.ts'
import { familyOf } from './family.ts'

/** What a server puts off when pages have come is done by then. */
const REST_MS = 1_500
/** Collected pages go back to the system a moment after the collection. */
const SETTLE_MS = 700

/** Resident memory of all of a product's processes after a rest and a full collection, in KiB. */
export async function settledMemory(product: Product): Promise<number> {
  await sleep(REST_MS)
  product.collect()
  await sleep(SETTLE_MS)
  return product.pids.flatMap(familyOf).reduce((sum, pid) => sum + residentOf(pid), 0)
}

function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
