import type { Deployment, RedisKind } from '../deployment/deployment.ts'
import type { HubSeat } from '../hub-seat.ts'
import type { Chance } from '../load/chance.ts'
import type { Scene } from '../load/scene.ts'
import type { Crowd } from '../pages/crowd.ts'
import type { Tracker } from '../tracker/tracker.ts'

/** Everything there is to be broken. */
export interface World {
  readonly deployment: Deployment
  readonly hubs: readonly HubSeat[]
  readonly crowd: Crowd
  readonly scene: Scene
  readonly tracker: Tracker
}

export interface Fault {
  readonly name: string
  /** Faults that touch the same thing are not mixed. */
  readonly touches: 'hub' | 'redis' | 'road' | 'pages'
  /** What has nothing to do with Redis is done on one kind only. */
  readonly on: readonly RedisKind[]
  /** Too long to be mixed with others. */
  readonly isLong?: boolean
  /** Breaks something and mends it. Rejects with `FaultMissed` when nothing was broken: a fault that struck nothing proves nothing. */
  strike(world: World, chance: Chance): Promise<void>
}

export class FaultMissed extends Error {}

export const EVERYWHERE: readonly RedisKind[] = ['standalone', 'sentinel', 'cluster']

/** Two different ones of a list. */
export function twoOf<T>(all: readonly T[], chance: Chance): [T, T] {
  const [first, second] = chance.shuffled(all)
  if (first === undefined || second === undefined) throw new Error('there are not two to choose from')
  return [first, second]
}

export function oneOf<T>(all: readonly T[], chance: Chance): T {
  return all[chance.below(all.length)] as T
}
