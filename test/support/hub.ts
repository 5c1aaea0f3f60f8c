import { pino } from 'pino'
import type { TokenClaims } from '../../server/auth/issue-token.ts'
import { readConfig } from '../../server/config.ts'
import { Hub } from '../../server/hub.ts'
import type { CalledHub } from './http-client.ts'

/** Long enough for every suite. Seconds. */
const TOKEN_LIFE = 3_600

export const TEST_SECRET = 'a-secret-for-tests-only-of-40-characters'
export const TEST_STORE_KEY = Buffer.alloc(32, 7).toString('base64')

/** For tests that ask one person more often than a person is asked. */
export const GENEROUS = { LIMIT_PENDING_PER_APPROVER: '100', LIMIT_REQUESTS_PER_APPROVER_MINUTE: '1000' }

/** A hub in this process, on a free port of 127.0.0.1. */
export interface RunningHub extends CalledHub {
  readonly hub: Hub
  /** A token of the hub's own, good for an hour unless said otherwise. */
  token(claims: TokenClaims, lifeSeconds?: number): string
  backend(): string
  approver(user: string, device?: string): string
  stop(): Promise<void>
}

/** Starts a hub; without `REDIS_URL` on the memory store. @param environment as the process would get it */
export async function startHub(environment: Record<string, string> = {}): Promise<RunningHub> {
  const config = readConfig({
    PORT: '0',
    HOST: '127.0.0.1',
    JWT_SECRET: TEST_SECRET,
    STORE_KEY: TEST_STORE_KEY,
    LOG_LEVEL: 'silent',
    ...environment,
  })
  const hub = new Hub(config, pino({ level: config.logLevel }))
  const url = await hub.start()
  await hub.connected()
  const token = (claims: TokenClaims, lifeSeconds = TOKEN_LIFE) => hub.issueToken(claims, lifeSeconds)
  return {
    url,
    hub,
    token,
    backend: () => token({ scope: 'challenges:write challenges:read', sub: 'test-backend' }),
    approver: (user, device) => token({ scope: 'challenges:approve', sub: user, ...(device && { device }) }),
    stop: () => hub.stop(0),
  }
}
