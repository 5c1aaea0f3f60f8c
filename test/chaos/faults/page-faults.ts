import { setTimeout as sleep } from 'node:timers/promises'
import { PROMISE_MS } from '../tracker/catch-up.ts'
import { machineTime } from '../tracker/machine-time.ts'
import { type Fault, FaultMissed, oneOf } from './fault.ts'

/** A page notices its own dead link within this. Milliseconds. */
const OWN_LINK_MS = 15_000
const HALF_OPEN_MS = 3_000
const FROZEN_MS = 60_000

export const pageLinkHalfOpen: Fault = {
  name: 'page-link-half-open',
  touches: 'pages',
  on: ['standalone'],
  async strike({ crowd, tracker }, chance) {
    const { number, network } = oneOf(crowd.holders, chance)
    const began = machineTime()
    if (network.blackhole(true) === 0) throw new FaultMissed('no page was connected')
    await sleep(HALF_OPEN_MS)
    network.blackhole(false)
    const why = 'the pages’ link was half-open'
    tracker.outage({ began, ended: machineTime(), why, holder: number, grace: OWN_LINK_MS })
  },
}

export const pagesFrozen: Fault = {
  name: 'pages-frozen-60s',
  touches: 'pages',
  on: ['standalone'],
  isLong: true,
  async strike({ crowd, tracker }, chance) {
    const holder = oneOf(crowd.holders, chance)
    const began = machineTime()
    holder.freeze()
    if (!holder.isFrozen) throw new FaultMissed('the pages’ process could not be frozen')
    try {
      await sleep(FROZEN_MS)
    } finally {
      holder.thaw()
    }
    const why = 'the pages were frozen'
    tracker.outage({ began, ended: machineTime(), why, holder: holder.number, grace: PROMISE_MS })
  },
}
