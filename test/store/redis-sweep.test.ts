import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RecentCommits } from '../../server/store/redis/recent-commits.ts'
import type { RedisCommands } from '../../server/store/redis/redis-commands.ts'
import type { RedisLink } from '../../server/store/redis/redis-link.ts'
import { Sweep } from '../../server/store/redis/sweep.ts'
import { Vault } from '../../server/store/redis/vault.ts'
import { WatchTable } from '../../server/store/redis/watch-table.ts'
import { notes, someId } from './note.ts'

/** The promise is ten seconds; the rest is for what comes after the sweep has found something. Milliseconds. */
const ROUND = 8_500

const ignore = () => undefined
const vault = new Vault('sweep', [])

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

it.each([1, 2, 31, 33, 1_000])('compares each of %i documents in every eight seconds', async (count) => {
  const table = tableOnNothing()
  const ids = Array.from({ length: count }, someId)
  await Promise.all([...ids.map((id) => table.watch(notes, id, ignore, false)), vi.advanceTimersByTimeAsync(1)])
  const checks = await sweepFor(4 * ROUND, table)
  for (const id of ids) expect(longestPause(checks, id, 4 * ROUND)).toBeLessThanOrEqual(ROUND)
  table.close()
})

it('spreads the work of documents that all came at once', async () => {
  const table = tableOnNothing()
  const watches = Array.from({ length: 3_200 }, () => table.watch(notes, someId(), ignore, false))
  await Promise.all([...watches, vi.advanceTimersByTimeAsync(1)])
  const atOnce: number[] = []
  await sweepFor(4 * ROUND, table, (names) => atOnce.push(names.length))
  expect(Math.max(...atOnce)).toBeLessThanOrEqual(20)
  table.close()
})

it('goes round also when documents come and go faster than it', async () => {
  const table = tableOnNothing()
  const long = someId()
  void table.watch(notes, long, ignore, false)
  const churn = setInterval(async () => {
    // A hundred a second, each watched for five seconds: about five hundred at any time.
    const watches = await Promise.all(Array.from({ length: 10 }, () => table.watch(notes, someId(), ignore, false)))
    setTimeout(() => {
      for (const watch of watches) watch.close()
    }, 5_000)
  }, 100)
  const checks = await sweepFor(4 * ROUND, table)
  clearInterval(churn)
  expect(table.size).toBeGreaterThan(400)
  expect(longestPause(checks, long, 4 * ROUND)).toBeLessThanOrEqual(ROUND)
  table.close()
})

/** The driver's own table, on a Redis in which there is nothing. */
function tableOnNothing(): WatchTable {
  const link: Partial<RedisLink> = {
    commands: { read: async () => null } as Partial<RedisCommands> as RedisCommands,
    subscribe: async () => undefined,
    unsubscribe: () => undefined,
  }
  return new WatchTable({
    link: link as RedisLink,
    vault,
    recent: new RecentCommits(),
    counters: { rolledBack: 0, rejectedMessages: 0, repaired: 0 },
    now: () => 0,
    onRolledBack: ignore,
    onListenerError: ignore,
    onReadError: ignore,
  })
}

type Checks = ReadonlyMap<string, readonly number[]>

/** When each name was compared, milliseconds from the beginning. */
async function sweepFor(
  ms: number,
  table: WatchTable,
  look: (names: readonly string[]) => void = ignore,
): Promise<Checks> {
  const checks = new Map<string, number[]>()
  const began = Date.now()
  const sweep = new Sweep(table, async (names) => {
    look(names)
    for (const name of names) checks.set(name, [...(checks.get(name) ?? []), Date.now() - began])
  })
  sweep.start()
  await vi.advanceTimersByTimeAsync(ms)
  sweep.stop()
  return checks
}

function longestPause(checks: Checks, id: string, until: number): number {
  const times = [0, ...(checks.get(vault.name(notes, id)) ?? []), until]
  return Math.max(...times.slice(1).map((time, at) => time - (times[at] ?? 0)))
}
