import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import jwt from 'jsonwebtoken'
import { io } from 'socket.io-client'
import { ensureBuilt } from '../support/built.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { startRedis } from '../support/redis-server.ts'
import { Crowd } from './crowd.ts'

export interface HerdOptions {
  readonly pages: number
  /** Connections a second that the instance takes to which everyone comes. */
  readonly perSecond: number
  /** By then everyone must be back. Seconds. */
  readonly within: number
}

export interface HerdResult {
  readonly pages: number
  readonly back: number
  /** Pages that heard of a change afterwards, of those that were to hear of one. */
  readonly heard: number
  readonly changed: number
  /** Seconds after the kill: when half were back, and when the last was. */
  readonly half: number
  readonly last: number
  readonly sentAway: Readonly<Record<string, number>>
  /** How often a page asked over HTTP meanwhile. */
  readonly fellBack: number
  /** The most that were admitted within any one second: by the instance's own count, and by the times in what it said. */
  readonly busiestSecond: number
  readonly seenInASecond: number
  readonly perSecond: number
  readonly isGood: boolean
}

const CREATING_AT_ONCE = 200
const CONNECT_LIMIT_MS = 120_000
/** Every so many pages' challenge is changed at the end: they must not only be connected, but wait. */
const CHANGE_EVERY = 20

/**
 * Pages wait on one instance, which is killed; all of them come to the other one. Is everyone back in time, and was nobody
 * let in too quickly?
 */
export async function runHerd({ pages, perSecond, within }: HerdOptions): Promise<HerdResult> {
  ensureBuilt()
  const redis = await startRedis()
  const secret = randomBytes(32).toString('base64url')
  const environment = {
    REDIS_URL: redis.url,
    JWT_SECRET: secret,
    STORE_KEY: randomBytes(32).toString('base64'),
    LOG_LEVEL: 'silent',
    DRAIN_SECONDS: '0',
    // All of the herd has one address.
    LIMIT_CONNECTIONS_PER_ADDRESS: '0',
    LIMIT_CONNECTION_RATE_PER_ADDRESS: '0',
    LIMIT_POLLS_PER_ADDRESS: '0',
    // And one backend opens all challenges as quickly as it can.
    LIMIT_EVENTS_PER_BACKEND_SOCKET: '0',
    LIMIT_CREATIONS_PER_BACKEND: '0',
  }
  // Where they are in the beginning nobody is held up: what is tried is how they come back.
  const doomed = await spawnHub({ ...environment, LIMIT_CONNECTIONS_PER_SECOND: '0' })
  const survivor = await spawnHub({ ...environment, LIMIT_CONNECTIONS_PER_SECOND: String(perSecond) })
  const scope = 'challenges:write challenges:read'
  const token = jwt.sign({ scope, sub: 'herd' }, secret, { algorithm: 'HS256', expiresIn: '1h' })
  const backend = io(`${survivor.url}/publishing`, { auth: { token }, transports: ['websocket'] })
  let crowd: Crowd | undefined
  try {
    const opened = await openChallenges(backend, pages)
    crowd = new Crowd(
      opened.map(({ waitToken }) => waitToken),
      [doomed.port, survivor.port],
    )
    await until(() => crowd?.live === pages, CONNECT_LIMIT_MS)
    if (crowd.live < pages) throw new Error(`only ${crowd.live} of ${pages} pages could wait: nothing was tried`)
    const before = await figures(survivor, token)

    const killedAt = Date.now()
    await doomed.kill()
    await until(() => crowd?.back.length === pages, within * 1_000)
    const after = await figures(survivor, token)

    const changed = opened.filter((_, at) => at % CHANGE_EVERY === 0)
    for (const { challenge } of changed) {
      await backend.emitWithAck('update', { challenge, challengeStatus: 'approved' })
    }
    await until(() => crowd?.news === changed.length, 3_000)

    const times = crowd.back.map(([at]) => (at - killedAt) / 1_000).sort((a, b) => a - b)
    const result = {
      pages,
      back: times.length,
      heard: crowd.news,
      changed: changed.length,
      half: times[Math.floor(times.length / 2)] ?? Number.NaN,
      last: times.at(-1) ?? Number.NaN,
      sentAway: crowd.sentAway,
      fellBack: crowd.fellBack,
      busiestSecond: after.busiestSecond,
      seenInASecond: mostInASecond(crowd.back.map(([, hubSays]) => hubSays)),
      perSecond,
    }
    const isGood =
      result.back === pages &&
      result.last <= within &&
      result.heard === result.changed &&
      result.busiestSecond <= perSecond &&
      // Else it was not counted at all.
      after.admitted - before.admitted >= pages
    return { ...result, isGood }
  } finally {
    backend.disconnect()
    await crowd?.leave()
    await Promise.all([doomed.kill(), survivor.kill()])
    await redis.stop()
  }
}

interface Opened {
  readonly challenge: string
  readonly waitToken: string
}

async function openChallenges(backend: ReturnType<typeof io>, count: number): Promise<Opened[]> {
  const opened: Opened[] = []
  let asked = 0
  const lane = async () => {
    while (asked++ < count) {
      const answer = await backend.emitWithAck('create', { challengeTimeout: 3_600 })
      if (!answer.ok) throw new Error(`not created: ${JSON.stringify(answer)}`)
      opened.push({ challenge: answer.challenge.challenge, waitToken: answer.waitToken })
    }
  }
  await Promise.all(Array.from({ length: CREATING_AT_ONCE }, lane))
  return opened
}

async function figures(hub: HubProcess, token: string): Promise<{ admitted: number; busiestSecond: number }> {
  const reply = await fetch(`${hub.url}/v1/limits`, { headers: { authorization: `Bearer ${token}` } })
  return ((await reply.json()) as { connections: { admitted: number; busiestSecond: number } }).connections
}

/** Resolves when it is true, or when the time is up. */
async function until(isTrue: () => boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!isTrue() && performance.now() < deadline) await pause(20)
}

function mostInASecond(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [at, time] of sorted.entries()) {
    while (time - (sorted[from] ?? time) >= 1_000) from += 1
    most = Math.max(most, at - from + 1)
  }
  return most
}
