import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const SETTLE_MS = 700

/** Resident memory of a server after a full collection, in KiB. The server runs with `collect-on-signal` preloaded. */
export async function settledMemory(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR2')
  // Collected pages go back to the system a moment after the collection.
  await sleep(SETTLE_MS)
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1])
}
