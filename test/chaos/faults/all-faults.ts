import type { Fault } from './fault.ts'
import { hubClockOff, hubKilled, rollingRestart } from './hub-faults.ts'
import { pageLinkHalfOpen, pagesFrozen } from './page-faults.ts'
import {
  outputBufferOverflow,
  redisFailover,
  redisFrozen3,
  redisFrozen15,
  redisRestarted,
  slotsMigrated,
} from './redis-faults.ts'
import { slowRoad, subscriberCut, subscriberDeaf, subscriberHalfOpen } from './road-faults.ts'

export const ALL_FAULTS: readonly Fault[] = [
  hubKilled,
  rollingRestart,
  hubClockOff,
  redisRestarted,
  redisFrozen3,
  redisFrozen15,
  redisFailover,
  slotsMigrated,
  outputBufferOverflow,
  subscriberCut,
  subscriberHalfOpen,
  subscriberDeaf,
  slowRoad,
  pageLinkHalfOpen,
  pagesFrozen,
]

/** What `chaos:short` does, in CI. */
export const SHORT_FAULTS: readonly string[] = [hubKilled, redisFrozen3, subscriberHalfOpen, redisRestarted].map(
  ({ name }) => name,
)
