import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, LIMIT_NAMES, type LimitName } from '../../server/limits/settings.ts'
import { shareOf } from '../../server/limits/share.ts'

/** What means the same for a socket or a person however many workers there are. */
const WHOLE: readonly LimitName[] = [
  'pendingPerApprover',
  'requestsPerApproverMinute',
  'silenceSeconds',
  'connectionsPerUser',
  'subscriptionsPerSocket',
  'eventsPerSocket',
  'eventsPerBackendSocket',
  'bufferedBytes',
  'decisionsPerUser',
  'approverConnectionsPerUser',
  'claimsPerAddress',
]

describe("a worker's share of the limits", () => {
  const shares = shareOf(DEFAULT_LIMITS, 4)

  it.each(LIMIT_NAMES)('%s', (name) => {
    expect(shares[name]).toBe(WHOLE.includes(name) ? DEFAULT_LIMITS[name] : DEFAULT_LIMITS[name] / 4)
  })

  it('all together is never above the whole, and never so small that it would mean no limit', () => {
    expect(shareOf({ ...DEFAULT_LIMITS, connections: 1_000 }, 3).connections).toBe(333)
    expect(shareOf({ ...DEFAULT_LIMITS, connections: 2 }, 3).connections).toBe(1)
  })

  it('of no limit is no limit', () => {
    const none = Object.fromEntries(LIMIT_NAMES.map((name) => [name, 0])) as Record<LimitName, number>
    expect(shareOf(none, 3)).toEqual(none)
  })

  it('is everything for one worker', () => {
    expect(shareOf(DEFAULT_LIMITS, 1)).toEqual(DEFAULT_LIMITS)
  })
})
