import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import { expecting, HttpClient } from './load/http-client.ts'
import type { Page } from './load/page.ts'
import { connectPollingPage } from './load/polling-page.ts'
import { connectSocketPage } from './load/socket-page.ts'
import { freePort, type RunningProcess, startProcess } from './run/child-process.ts'
import { COMPILED } from './run/compile.ts'
import type { BenchRedis } from './run/redis.ts'

export type ContenderName = 'hub' | 'naive' | 'polling'

export interface Contender {
  readonly name: ContenderName
  /** How many lifecycles run at once. */
  readonly lifecyclesInFlight: number
  /** @param nodeOptions further options for the server's own Node, such as a profiler's */
  start(redis: BenchRedis, nodeOptions?: readonly string[]): Promise<Product>
}

/** A challenge just opened: its id, and what a page shows at the door. */
export interface Opened {
  challenge: string
  waitToken?: string
}

export interface Change {
  challengeStatus: string
  isChallengeComplete?: true
}

/** One product under test as the workloads see it: the same few verbs, whatever happens underneath. */
export interface Product {
  readonly pid: number
  readonly redisPid: number
  open(): Promise<Opened>
  update(challenge: string, change: Change): Promise<void>
  /** Resolves when the page has had its first status. */
  connect(opened: Opened): Promise<Page>
  stop(): Promise<void>
}

const HUB = join(import.meta.dirname, '../../dist/server/main.js')
/** As many requests in flight as a busy backend's connection pool would allow. */
const BACKEND_CONNECTIONS = 64

export const hub: Contender = {
  name: 'hub',
  lifecyclesInFlight: 64,
  async start(redis, nodeOptions) {
    const secret = randomBytes(32).toString('base64url')
    const env = {
      JWT_SECRET: secret,
      STORE_KEY: randomBytes(32).toString('base64'),
      LOG_LEVEL: 'warn',
      // Its pages are gone when it is stopped; there is nobody to drain.
      DRAIN_SECONDS: '0',
      // All load comes from one address, as quickly as it can; its rivals have no limits either.
      LIMIT_CONNECTIONS_PER_SECOND: '0',
      LIMIT_CONNECTIONS_PER_ADDRESS: '0',
      LIMIT_CONNECTION_RATE_PER_ADDRESS: '0',
    }
    const server = await startServer({ name: 'hub', script: HUB, redis, nodeOptions, env, ready: hubIsReady })
    const token = jwt.sign({ scope: 'challenges:write', sub: 'bench' }, secret, { algorithm: 'HS256', expiresIn: '1h' })
    return overHttp(server, redis, '/v1/challenges', { authorization: `Bearer ${token}` }, ({ waitToken = '' }) =>
      connectSocketPage({ port: server.port, namespace: '/waiting', auth: { token: waitToken } }),
    )
  },
}

export const naive: Contender = {
  name: 'naive',
  lifecyclesInFlight: 64,
  async start(redis, nodeOptions) {
    const server = await startServer({ name: 'naive', script: COMPILED.naive, redis, nodeOptions })
    return overHttp(server, redis, '/challenges', {}, ({ challenge }) =>
      connectSocketPage({ port: server.port, namespace: '/', auth: { challenge } }),
    )
  },
}

export const polling: Contender = {
  name: 'polling',
  // Each lifecycle takes a whole second here, doing nothing; more at once only keeps the run short.
  lifecyclesInFlight: 1_024,
  async start(redis, nodeOptions) {
    const server = await startServer({ name: 'polling', script: COMPILED.polling, redis, nodeOptions })
    return overHttp(server, redis, '/challenges', {}, ({ challenge }) =>
      connectPollingPage(server.port, `/challenges/${challenge}`),
    )
  },
}

interface ServerStart {
  name: ContenderName
  script: string
  redis: BenchRedis
  nodeOptions?: readonly string[] | undefined
  env?: Record<string, string>
  ready?: (port: number) => Promise<boolean>
}

async function startServer({
  name,
  script,
  redis,
  nodeOptions = [],
  env,
  ready,
}: ServerStart): Promise<RunningProcess> {
  const port = await freePort()
  return startProcess({
    name,
    seat: 'server',
    command: [process.execPath, '--expose-gc', '--import', COMPILED.collectOnSignal, ...nodeOptions, script],
    port,
    env: { NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), REDIS_URL: redis.url, ...env },
    ...(ready && { ready }),
  })
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

/** All three are asked in the same words; only the path, the credentials and the way a page waits differ. */
function overHttp(
  server: RunningProcess,
  redis: BenchRedis,
  path: string,
  credentials: Record<string, string>,
  connect: (opened: Opened) => Promise<Page>,
): Product {
  const backend = new HttpClient(server.port, BACKEND_CONNECTIONS, credentials)
  return {
    pid: server.pid,
    redisPid: redis.pid,
    open: () => expecting<Opened>(201, `POST ${path}`, backend.send('POST', path, {})),
    update: async (challenge, change) => {
      await expecting(200, `PATCH ${path}/…`, backend.send('PATCH', `${path}/${challenge}`, change))
    },
    connect,
    stop: async () => {
      backend.close()
      await server.stop()
    },
  }
}
