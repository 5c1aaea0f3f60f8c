import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import packageJson from '../../../package.json' with { type: 'json' }
import { limitVariable } from '../../../server/limits/settings.ts'
import { HttpClient } from '../load/http-client.ts'
import { connectSocketIoPage } from '../load/socket-io-page.ts'
import type { BenchRedis } from '../run/redis.ts'
import type { Contender, ContenderName, Product } from './contender.ts'
import { startNodeServer } from './node-server.ts'
import { overHttp } from './over-http.ts'

const HUB = join(import.meta.dirname, '../../../dist/server/main.js')
/** As `npm start` starts it. */
const [, ...startOptions] = packageJson.scripts.start.split(' ').slice(0, -1)
/** The hub pings every page once in so many seconds. */
const HEARTBEAT_SECONDS = 10

/**
 * All load comes from one address and one backend, as quickly as it can. What that would be refused for is allowed in such
 * numbers that it never is; nothing is switched off, so that everything that counts still counts.
 */
const GENEROUS = '1000000000'
const LIMITS = Object.fromEntries(
  (
    [
      'connections',
      'connectionsPerSecond',
      'connectionsPerAddress',
      'connectionRatePerAddress',
      'requestsPerSecond',
      'requestsPerAddress',
      'creationsPerBackend',
      'eventsPerSocket',
      'eventsPerBackendSocket',
      'subscriptionsPerSocket',
      'subscriptionsPerToken',
    ] as const
  ).map((limit) => [limitVariable(limit), GENEROUS]),
)

/** This many instances on one Redis, tokens verified, documents sealed, every limit on. */
function hubOnRedis(name: ContenderName, instances: number, isApart = false): Contender {
  return {
    name,
    what: `the hub on Redis, ${instances} ${instances === 1 ? 'instance' : 'instances'}${isApart ? ' with nothing to tell each other' : ''}`,
    instances,
    inFlight: 64,
    idleSeconds: HEARTBEAT_SECONDS,
    start: (redis, nodeOptions) =>
      startHubs({ name, redis, instances, isApart, store: { REDIS_URL: redis.url }, nodeOptions }),
  }
}

export const hub = hubOnRedis('hub', 1)
export const hub2 = hubOnRedis('hub-2', 2)
export const hub2Apart = hubOnRedis('hub-2-apart', 2, true)
export const hub4 = hubOnRedis('hub-4', 4)

export const hubOnMemory: Contender = {
  name: 'hub-memory',
  what: 'the hub on its memory store',
  inFlight: 64,
  // An empty variable is none.
  start: (redis, nodeOptions) =>
    startHubs({ name: 'hub-memory', redis, instances: 1, store: { REDIS_URL: '' }, nodeOptions }),
}

interface HubsStart {
  readonly name: ContenderName
  readonly redis: BenchRedis
  readonly instances: number
  readonly isApart?: boolean
  readonly store: Record<string, string>
  readonly nodeOptions?: readonly string[] | undefined
}

async function startHubs({
  name,
  redis,
  instances,
  isApart = false,
  store,
  nodeOptions = [],
}: HubsStart): Promise<Product> {
  const secret = randomBytes(32).toString('base64url')
  const env = {
    JWT_SECRET: secret,
    STORE_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'warn',
    // Its pages are gone when it is stopped; there is nobody to drain.
    DRAIN_SECONDS: '0',
    ...LIMITS,
    ...store,
  }
  const start = () =>
    startNodeServer({
      name,
      script: HUB,
      redis,
      nodeOptions: [...startOptions, ...nodeOptions],
      env,
      ready: hubIsReady,
    })
  const servers = await Promise.all(Array.from({ length: instances }, start))
  const token = jwt.sign({ scope: 'challenges:write', sub: 'bench' }, secret, { algorithm: 'HS256', expiresIn: '1h' })
  const product = overHttp({
    servers,
    redis,
    path: '/v1/challenges',
    isApart,
    credentials: { authorization: `Bearer ${token}` },
    connect: ({ waitToken = '' }, port) =>
      connectSocketIoPage({ port, namespace: '/waiting', auth: { token: waitToken } }),
  })
  const [first] = servers
  return { ...product, ...(first && { publishing: { port: first.port, namespace: '/publishing', token } }) }
}

/** The hub listens before it has reached Redis, and says when it has. */
async function hubIsReady(port: number): Promise<boolean> {
  const http = new HttpClient(port, 1)
  try {
    return (await http.send('GET', '/readyz')).status === 200
  } catch {
    return false
  } finally {
    http.close()
  }
}
