import { z } from 'zod'

/**
 * Every limit and its default. The environment variable is `LIMIT_` and the name in capitals: `connectionsPerAddress` is
 * `LIMIT_CONNECTIONS_PER_ADDRESS`. 0 switches one off. What each counts stands in `server/protocol/README.md`.
 */
export const DEFAULT_LIMITS = {
  pendingPerApprover: 30,
  requestsPerApproverMinute: 30,
  silenceSeconds: 600,
  connections: 50_000,
  connectionsPerSecond: 1_000,
  connectionsPerAddress: 20_000,
  connectionRatePerAddress: 1_000,
  connectionsPerToken: 1_000,
  connectionsPerUser: 50,
  subscriptionsPerSocket: 50,
  subscriptionsPerToken: 5_000,
  eventsPerSocket: 100,
  eventsPerBackendSocket: 5_000,
  bufferedBytes: 1_048_576,
  requestsPerSecond: 10_000,
  requestsPerAddress: 5_000,
  creationsPerBackend: 5_000,
  actionsPerPage: 20,
  pollsPerChallenge: 1_000,
  pollsPerToken: 5_000,
  pollsPerAddress: 20_000,
  decisionsPerUser: 300,
  approverConnectionsPerUser: 300,
  claimsPerAddress: 120,
} as const

export type LimitName = keyof typeof DEFAULT_LIMITS
export type LimitSettings = Readonly<Record<LimitName, number>>

const MOST = 1_000_000_000

export const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as LimitName[]

export function limitVariable(name: LimitName): string {
  return `LIMIT_${name.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}`
}

/** The variables, for the schema of the environment. */
export const limitVariables: Readonly<Record<string, z.ZodType<number>>> = Object.fromEntries(
  LIMIT_NAMES.map((name) => [
    limitVariable(name),
    z
      .string()
      .regex(/^\d+$/, 'must be a whole number; 0 means no limit')
      .transform(Number)
      .pipe(z.number().max(MOST))
      .default(DEFAULT_LIMITS[name]),
  ]),
)

/** @param variables as parsed by `limitVariables` */
export function toLimitSettings(variables: Readonly<Record<string, unknown>>): LimitSettings {
  return Object.fromEntries(
    LIMIT_NAMES.map((name) => [name, variables[limitVariable(name)] as number]),
  ) as unknown as LimitSettings
}
