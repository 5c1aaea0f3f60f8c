import { setTimeout as pause } from 'node:timers/promises'
import type { CreateChallengeBody, CreatedChallenge } from '../../server/protocol/challenge.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../support/redis-server.ts'

/** Two instances on one Redis, as in production. */
export interface Pair extends AsyncDisposable {
  readonly redis: RedisServer
  readonly a: RunningHub
  readonly b: RunningHub
  stop(): Promise<void>
}

export async function startPair(environment: Record<string, string> = {}, options: RedisOptions = {}): Promise<Pair> {
  const redis = await startRedis(options)
  const start = () => startHub({ REDIS_URL: redis.url, ...environment })
  const [a, b] = await Promise.all([start(), start()])
  const stop = async () => {
    await Promise.all([a.stop(), b.stop()])
    await redis.stop()
  }
  return { redis, a, b, stop, [Symbol.asyncDispose]: stop }
}

export interface Reply<Body> {
  readonly status: number
  readonly body: Body
}

/** A request over HTTP; by a backend unless said otherwise. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came back
export async function call<Body = any>(
  hub: RunningHub,
  method: string,
  path: string,
  body?: object,
  token = hub.backend(),
): Promise<Reply<Body>> {
  const response = await fetch(`${hub.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Body }
}

/** The store may be away for a moment on a busy machine; whoever is told to try again does. */
async function persistent<Body>(ask: () => Promise<Reply<Body>>): Promise<Reply<Body>> {
  for (let tries = 1; ; tries++) {
    const reply = await ask()
    if (reply.status !== 503 || tries === 10) return reply
    await pause(200)
  }
}

export async function create(hub: RunningHub, body: CreateChallengeBody = {}): Promise<CreatedChallenge> {
  const { status, body: created } = await persistent(() => call<CreatedChallenge>(hub, 'POST', '/v1/challenges', body))
  if (status !== 201) throw new Error(`not created: ${status} ${JSON.stringify(created)}`)
  return created
}

export async function update(hub: RunningHub, challenge: string, body: object): Promise<{ readonly version: number }> {
  const reply = await persistent(() => call(hub, 'PATCH', `/v1/challenges/${challenge}`, body))
  if (reply.status !== 200) throw new Error(`not updated: ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply.body
}

export interface Stats {
  readonly waiting: number
  readonly approvers: number
  readonly watches: number
  readonly instances: { readonly answered: number; readonly expected: number }
}

export async function stats(hub: RunningHub): Promise<Stats> {
  return (await call<Stats>(hub, 'GET', '/v1/stats')).body
}
