import { setTimeout as sleep } from 'node:timers/promises'
import { SUBSCRIBER } from '../../support/redis-connection-kind.ts'
import { live } from '../load/live.ts'
import { planLoudLife } from '../load/loud-life.ts'
import { machineTime } from '../tracker/machine-time.ts'
import { EVERYWHERE, type Fault, FaultMissed, type World } from './fault.ts'

/** Redis cuts a subscriber that has more than this waiting to be sent: less than one message about a loud challenge. */
const TINY_LIMIT = 'pubsub 8192 4096 1'
const USUAL_LIMIT = 'pubsub 33554432 8388608 60'
/** So long a primary that is back may take to learn that it is none any more. Milliseconds. */
const DEMOTION_MS = 5_000
const LOUD_LIVES = 6
const LOUD_MS = 6_000

export const redisRestarted: Fault = {
  name: 'redis-restarted',
  touches: 'redis',
  on: EVERYWHERE,
  strike: (world) => maybeFailingOver(world, () => world.deployment.restart()),
}

export const redisFailover: Fault = {
  name: 'redis-failover',
  touches: 'redis',
  on: ['sentinel', 'cluster'],
  strike: (world) => maybeFailingOver(world, async () => world.deployment.failover?.()),
}

export const slotsMigrated: Fault = {
  name: 'slots-migrated',
  touches: 'redis',
  on: ['cluster'],
  strike: async ({ deployment }) => deployment.migrateSlots?.(),
}

export const redisFrozen3: Fault = frozen('redis-frozen-3s', 3_000)
export const redisFrozen15: Fault = frozen('redis-frozen-15s', 15_000)

export const outputBufferOverflow: Fault = {
  name: 'output-buffer-overflow',
  touches: 'redis',
  // Only where we see the connections do we know that Redis has cut them.
  on: ['standalone'],
  async strike(world) {
    const { deployment, scene, crowd } = world
    const before = subscribersOpened(world)
    const loud = (number: number) => planLoudLife(number, LOUD_MS, crowd.holders.length)
    await deployment.configure('client-output-buffer-limit', TINY_LIMIT)
    try {
      await Promise.all(Array.from({ length: LOUD_LIVES }, (_, number) => live(loud(number), scene, () => undefined)))
    } finally {
      await deployment.configure('client-output-buffer-limit', USUAL_LIMIT)
    }
    if (subscribersOpened(world) === before) throw new FaultMissed('Redis has cut no subscriber')
  },
}

function frozen(name: string, ms: number): Fault {
  return {
    name,
    touches: 'redis',
    on: EVERYWHERE,
    isLong: ms > 10_000,
    strike: (world) =>
      maybeFailingOver(world, async () => {
        await world.deployment.freeze()
        try {
          await sleep(ms)
        } finally {
          world.deployment.thaw()
        }
      }),
  }
}

/** Has the tracker know from when till when what is acknowledged may be undone. */
async function maybeFailingOver({ deployment, tracker }: World, strike: () => Promise<void>): Promise<void> {
  const began = machineTime()
  try {
    await strike()
  } finally {
    if (deployment.failsOver) tracker.failover({ began, ended: machineTime() + DEMOTION_MS })
  }
}

function subscribersOpened({ hubs }: World): number {
  return hubs.reduce((sum, { road }) => sum + (road.proxy?.opened(SUBSCRIBER) ?? 0), 0)
}
