import type { Contender } from './contenders/contender.ts'
import { hub, hub2, hub4, hubOnMemory } from './contenders/hub.ts'
import { nchan, nchanOnMemory } from './contenders/nchan.ts'
import { pushpin } from './contenders/pushpin.ts'
import { floor, naive, naive2, naive4, naiveSharded, polling } from './contenders/rivals.ts'

export const WORKLOADS = ['connect', 'idle', 'saturation', 'steady', 'publishing', 'storm', 'churn', 'watched'] as const
export type Workload = (typeof WORKLOADS)[number]

/** One contender's turn in a round: a fresh server, and these workloads, in their order above. */
export interface Turn {
  readonly contender: Contender
  readonly workloads: readonly Workload[]
}

const SHORT: readonly Workload[] = ['connect', 'steady', 'saturation', 'churn']
const LONG: readonly Workload[] = [...SHORT, 'idle', 'storm']
/** What instances cost one another. */
const UPDATES: readonly Workload[] = ['connect', 'steady', 'saturation']

/** `npm run bench` */
export const BENCH: readonly Turn[] = [
  { contender: floor, workloads: SHORT },
  { contender: hub, workloads: [...SHORT, 'publishing'] },
  { contender: naive, workloads: SHORT },
]

/** `npm run bench:all` */
export const ALL: readonly Turn[] = [
  { contender: floor, workloads: LONG },
  { contender: hubOnMemory, workloads: LONG },
  { contender: hub, workloads: [...LONG, 'publishing'] },
  { contender: naive, workloads: LONG },
  { contender: hub2, workloads: UPDATES },
  { contender: naive2, workloads: UPDATES },
  { contender: naiveSharded, workloads: LONG },
  { contender: hub4, workloads: UPDATES },
  { contender: naive4, workloads: UPDATES },
  { contender: polling, workloads: LONG },
  { contender: nchanOnMemory, workloads: LONG },
  { contender: nchan, workloads: LONG },
  { contender: pushpin, workloads: LONG },
  { contender: hub, workloads: ['watched'] },
]

interface Wanted {
  readonly all: boolean
  readonly only?: readonly string[] | undefined
  readonly workloads?: readonly string[] | undefined
}

/** The turns of every round, and a sentence for each contender that cannot take part. Throws what it does not understand. */
export function planTurns({ all, only, workloads }: Wanted): { turns: Turn[]; skipped: string[] } {
  const names = new Set(ALL.map(({ contender }) => contender.name as string))
  demandKnown(only ?? [], [...names])
  demandKnown(workloads ?? [], WORKLOADS)
  const short = BENCH.map(({ contender }) => contender.name as string)
  // Named contenders that the short run does not know come with all their workloads.
  const known = all ? ALL : [...BENCH, ...ALL.filter(({ contender }) => only && !short.includes(contender.name))]
  const wanted = known
    .filter(({ contender }) => only === undefined || only.includes(contender.name))
    .map(({ contender, workloads: own }) => ({
      contender,
      workloads: WORKLOADS.filter((name) => own.includes(name) && (workloads?.includes(name) ?? true)),
    }))
    .filter(({ workloads: left }) => left.length > 0)
  const skipped = wanted.flatMap(({ contender }) => {
    const why = contender.missing?.()
    return why === undefined ? [] : [`${contender.name} is skipped: ${why}.`]
  })
  return { turns: wanted.filter(({ contender }) => contender.missing?.() === undefined), skipped }
}

function demandKnown(given: readonly string[], known: readonly string[]): void {
  const strange = given.filter((name) => !known.includes(name))
  if (strange.length > 0) throw new Error(`Nobody knows ${strange.join(', ')} here; there are ${known.join(', ')}.`)
}
