import { cpus } from 'node:os'
import type { Turn } from './plan.ts'
import { describeSeats } from './run/cores.ts'
import type { BenchRedis } from './run/redis.ts'
import type { Sizes } from './sizes.ts'

/** What a run measures, where and how: the words above its tables. */
export function describeRun(turns: readonly Turn[], redis: BenchRedis, sizes: Sizes): string {
  const contenders = new Map(turns.map(({ contender }) => [contender.name, contender]))
  const { steady, watched } = sizes
  return `${cpus()[0]?.model}, Node ${process.version}, Redis ${redis.version}; ${describeSeats()}.
${sizes.rounds} interleaved rounds: median (lowest–highest round), and the median of the rounds' ratios to naive (×).
CPU from /proc/<pid>/stat, of all processes of a contender. Memory: slope between ${sizes.few} and ${sizes.many} waiting pages, each read at rest after a full collection.
Steady updates: ${steady.perSecond}/s for ${steady.seconds} s, ${sizes.pages} pages waiting (polling: at most 2,000); latency from sending the request to the page's frame.
At saturation: ${sizes.pushes} updates, each going out when another one has been answered and pushed; ${sizes.lifecycles} lifecycles.
${turns.some(({ workloads }) => workloads.includes('watched')) ? `Documents watched: ${watched.counts.join(', ')}.\n` : ''}${[...contenders.values()].map(({ name, what, inFlight }) => `${name}: ${what}; ${inFlight} in flight`).join('\n')}`
}
