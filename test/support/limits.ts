import { createSecretKey } from 'node:crypto'
import { Connections } from '../../server/gateway/connections.ts'
import { Limits } from '../../server/limits/limits.ts'
import { DEFAULT_LIMITS, type LimitSettings } from '../../server/limits/settings.ts'
import { UserRates } from '../../server/limits/user-rates.ts'

/** Limits of a part's own, counted in this process alone. */
export function ownLimits(changed: Partial<LimitSettings> = {}): { limits: Limits; connections: Connections } {
  const settings = { ...DEFAULT_LIMITS, ...changed }
  const key = createSecretKey(Buffer.alloc(32, 5))
  const users = new UserRates({ settings, prefix: 'test', key, redis: undefined })
  const limits = new Limits({ settings, trustProxy: [], log: { warn: () => undefined }, users })
  return { limits, connections: new Connections(limits, []) }
}
