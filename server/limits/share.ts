import type { LimitName, LimitSettings } from './settings.ts'

/**
 * What is counted for the process as a whole, wherever its connections land. Not here is what is counted for one socket
 * or one person: it means the same however many workers there are, or is counted in the store or in Redis anyway.
 */
const SHARED: readonly LimitName[] = [
  'connections',
  'connectionsPerSecond',
  'connectionsPerAddress',
  'connectionRatePerAddress',
  'connectionsPerToken',
  'subscriptionsPerToken',
  'requestsPerSecond',
  'requestsPerAddress',
  'creationsPerBackend',
  'actionsPerPage',
  'pollsPerChallenge',
  'pollsPerToken',
  'pollsPerAddress',
]

/** One worker's limits: connections are handed to the workers in turn, so that each gets an equal part of everything. */
export function shareOf(settings: LimitSettings, workers: number): LimitSettings {
  const shared = SHARED.map((name) => [name, partOf(settings[name], workers)])
  return { ...settings, ...Object.fromEntries(shared) }
}

/** Rounded down, so that all together stay below; but 0 would mean no limit, and only a limit of 0 means that. */
function partOf(limit: number, workers: number): number {
  return limit === 0 ? 0 : Math.max(1, Math.floor(limit / workers))
}
