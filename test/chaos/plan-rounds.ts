import type { RedisKind } from './deployment/deployment.ts'
import type { Fault } from './faults/fault.ts'
import { Chance } from './load/chance.ts'

/** Faults that strike together, and then time to recover. */
export interface Round {
  readonly name: string
  readonly strikes: readonly Strike[]
}

export interface Strike {
  readonly fault: Fault
  /** After the round's beginning. Milliseconds. */
  readonly afterMs: number
  /** Decides whom it strikes. */
  readonly seed: number
}

/** How far apart faults of a mixed round begin, at most. Milliseconds. */
const SPREAD_MS = 4_000

/** Every fault alone, in an order of the seed's, and then so many mixed rounds. */
export function planRounds(seed: number, kind: RedisKind, faults: readonly Fault[], mixed: number): Round[] {
  const chance = new Chance(seed)
  const possible = faults.filter(({ on }) => on.includes(kind))
  const alone = chance.shuffled(possible).map((fault) => ({
    name: fault.name,
    strikes: [{ fault, afterMs: 0, seed: chance.below(2 ** 31) }],
  }))
  const mixable = possible.filter(({ isLong }) => !isLong)
  const mixes = Array.from({ length: mixed }, () => planMix(mixable, chance)).filter(
    ({ strikes }) => strikes.length > 1,
  )
  return [...alone, ...mixes]
}

/** Two or three faults that touch different things. */
function planMix(faults: readonly Fault[], chance: Chance): Round {
  const chosen: Fault[] = []
  const count = 2 + chance.below(2)
  for (const fault of chance.shuffled(faults)) {
    const isFree = chosen.every(({ touches }) => touches !== fault.touches)
    if (isFree && chosen.length < count) chosen.push(fault)
  }
  const strikes = chosen.map((fault) => ({
    fault,
    afterMs: chance.below(SPREAD_MS),
    seed: chance.below(2 ** 31),
  }))
  return { name: chosen.map(({ name }) => name).join(' + '), strikes }
}
