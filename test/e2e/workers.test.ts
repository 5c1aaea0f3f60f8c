import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import type { HubProcess } from '../support/hub-process.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { givePhone } from './first-phone.ts'
import {
  backendOf,
  callAnew,
  countOf,
  isAlive,
  killAll,
  openPages,
  refusalOf,
  startWorkers,
  statsOf,
  type WaitingPage,
  workersOf,
} from './workers.ts'

/*
 * Several workers on one port, as an orchestrator and the outside see them: one process with one address.
 */

const PAGES = 20
/** As its environment says. Milliseconds. */
const WINDOW = 500
/** For the last answers and goodbyes, and what a busy machine needs. Milliseconds. */
const SLACK = 2_500

let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})

afterAll(() => redis?.stop())

/** Each on keys of its own. */
const startOwn = (environment: Record<string, string> = {}) =>
  startWorkers({ REDIS_URL: redis.url, REDIS_PREFIX: `w${Math.random().toString(36).slice(2)}`, ...environment })

/** For one test. */
async function start(environment: Record<string, string> = {}): Promise<HubProcess> {
  const hub = await startOwn(environment)
  const pids = workersOf(hub)
  onTestFinished(async () => {
    await killAll(hub)
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
  return hub
}

/** For all tests of a group. */
function startOnce(environment: Record<string, string>): () => HubProcess {
  let hub: HubProcess
  beforeAll(async () => {
    hub = await startOwn(environment)
    return () => killAll(hub)
  })
  return () => hub
}

function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((fd) => readlinkSync(`${folder}/${fd}`).startsWith('socket:')).length
}

type Change = (challenge: string, body: { challengeStatus: string; isChallengeComplete: boolean }) => Promise<unknown>

/** Each over a connection of its own: one here, one there. */
const changeByTurns =
  (hub: HubProcess): Change =>
  async (challenge, body) =>
    expect((await callAnew(hub, 'PATCH', `/v1/challenges/${challenge}`, { body })).status).toBe(200)

/** Through the client, which asks again where an answer was cut off. */
const changePatiently =
  (hub: HubProcess): Change =>
  (challenge, body) =>
    backendOf(hub).updateChallenge(challenge, body)

/** Every page is told, whichever worker takes the change, and each hears every word once. */
async function changeAll(change: Change, pages: readonly WaitingPage[], words: readonly string[]): Promise<void> {
  for (const word of words) {
    const body = { challengeStatus: word, isChallengeComplete: word === 'finished' }
    await Promise.all(pages.map(({ challenge }) => change(challenge, body)))
    await eventually(() => pages.every(({ told }) => told.at(-1) === word))
  }
}

describe('two workers', () => {
  it('share one port and its pages evenly, and a change that comes in at either reaches every page', async () => {
    const hub = await start()
    const before = workersOf(hub).map(socketsOf)
    const pages = await openPages(hub, PAGES)
    const more = workersOf(hub).map((pid, at) => socketsOf(pid) - (before[at] ?? 0))
    for (const count of more) expect(count).toBeGreaterThan(PAGES / 4)
    await eventually(async () => {
      const { waiting, watches, instances } = await statsOf(hub)
      expect({ waiting, watches, instances }).toEqual({
        waiting: PAGES,
        watches: PAGES,
        instances: { answered: 2, expected: 2 },
      })
    })
    await changeAll(changeByTurns(hub), pages, ['seen', 'typed', 'finished'])
    expect(await Promise.all(pages.map(({ outcome }) => outcome))).toEqual(pages.map(() => 'finished'))
    for (const { told } of pages) expect(told).toEqual(['started', 'seen', 'typed', 'finished'])
  })
})

describe('two workers with few connections between them', () => {
  const few = startOnce({ LIMIT_CONNECTIONS: '10', LIMIT_CONNECTIONS_PER_ADDRESS: '0' })

  it('let in as many as the process may have', async () => {
    const hub = few()
    const backend = backendOf(hub)
    const { waitToken } = await backend.createChallenge({})
    const told: (string | undefined)[] = []
    for (let at = 0; at < 14; at++) {
      const options = { transports: ['websocket'], auth: { token: waitToken }, reconnection: false, forceNew: true }
      const page = io(`${hub.url}/waiting`, options)
      onTestFinished(() => void page.disconnect())
      told.push(
        await new Promise((resolve) => {
          page.once('status', () => resolve('let in'))
          page.once('connect_error', (error) => resolve((error as { data?: { code: string } }).data?.code))
        }),
      )
    }
    expect(told).toEqual([...Array(10).fill('let in'), ...Array(4).fill('overloaded')])
  })

  it('close links that are too many, instead of handing them to each other', async () => {
    const hub = few()
    let closed = 0
    const links = Array.from({ length: 40 }, (): Socket => connect(hub.port, '127.0.0.1'))
    onTestFinished(() => links.forEach((link) => void link.destroy()))
    for (const link of links) link.on('error', () => undefined).once('close', () => closed++)
    await eventually(() => closed >= 20)
    expect(closed).toBeLessThan(25)
  })
})

describe('two workers in development', () => {
  const development = startOnce({ NODE_ENV: '', JWT_SECRET: '', STORE_KEY: '', LOG_LEVEL: 'info' })

  it('know the same token, where the hub makes its own secret, and say so once', async () => {
    const hub = development()
    const [, token] = /^ {4}(ey\S+)$/m.exec(hub.log) ?? []
    const ask = () => callAnew(hub, 'GET', '/v1/stats', { headers: { Authorization: `Bearer ${token}` } })
    expect((await Promise.all(Array.from({ length: 8 }, ask))).map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(countOf(hub.log, 'Assent is listening on')).toBe(1)
    expect(hub.log).toContain('2 workers')
  })

  it('serve the demo as one does: whoever was let in by one is known to the other, and nobody is let in twice', async () => {
    const hub = development()
    const phone = await givePhone(`${hub.url}/demo/`, 'anna')
    const asked = await callAnew(hub, 'POST', '/demo/bank/sign-ons', { headers: {}, body: { user: 'anna' } })
    const { waitToken } = JSON.parse(asked.text) as { waitToken: string }
    const [, claims = ''] = waitToken.split('.')
    const { challenge } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { challenge: string }
    const ticket = { Cookie: asked.cookies.join('; ') }
    const read = await callAnew(hub, 'GET', `/v1/challenges/${challenge}`, {
      headers: { Authorization: `Bearer ${waitToken}` },
    })
    const { number } = JSON.parse(read.text) as { number: string }
    const [shown] = await phone.approvals(hub)
    if (!shown) throw new Error('nothing is asked')
    expect((await phone.decide(hub, 'approve', shown, { number })).status).toBe(200)

    const entry = () => callAnew(hub, 'POST', '/demo/bank/sessions', { headers: ticket })
    const entries = await Promise.all(Array.from({ length: 4 }, entry))
    expect(entries.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409])
    const session = { Cookie: entries.flatMap(({ status, cookies }) => (status === 201 ? cookies : [])).join('; ') }
    const known = () => callAnew(hub, 'GET', '/demo/bank/sessions', { headers: session })
    const seen = await Promise.all(Array.from({ length: 4 }, known))
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const forged = { Cookie: `${session.Cookie.slice(0, -2)}AA` }
    expect((await callAnew(hub, 'GET', '/demo/bank/sessions', { headers: forged })).status).toBe(204)
  })
})

describe('an end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s is that of one instance: everybody sent away, code 0, nobody left',
    async (signal) => {
      const hub = await start()
      const pids = workersOf(hub)
      const pages = await openPages(hub, 4)
      const began = performance.now()
      hub.signal(signal)
      // As a terminal does it, or an orchestrator: every process of the group hears it.
      for (const pid of pids) process.kill(pid, signal)
      await eventually(() => countOf(hub.log, '"msg":"draining"') === 2)
      expect(pages.every(({ breaks }) => breaks === 0)).toBe(true)
      expect(await hub.ended).toBe(0)
      const ms = performance.now() - began
      expect(ms).toBeGreaterThan(WINDOW)
      expect(ms).toBeLessThan(WINDOW + SLACK)
      expect(pids.filter(isAlive)).toEqual([])
      expect(countOf(hub.log, '"msg":"stopped"')).toBe(2)
    },
  )

  it('said twice means now', async () => {
    const hub = await start({ DRAIN_SECONDS: '60' })
    const pids = workersOf(hub)
    hub.signal('SIGTERM')
    await eventually(() => countOf(hub.log, '"msg":"draining"') === 2)
    const began = performance.now()
    hub.signal('SIGINT')
    expect(await hub.ended).toBe(130)
    expect(performance.now() - began).toBeLessThan(SLACK)
    expect(pids.filter(isAlive)).toEqual([])
  })

  it('comes to the workers, too, when the primary process is killed: they send everyone away first', async () => {
    const hub = await start()
    const pids = workersOf(hub)
    await openPages(hub, 4)
    const began = performance.now()
    await hub.kill()
    await eventually(() => pids.filter(isAlive).length === 0, { within: WINDOW + SLACK })
    expect(performance.now() - began).toBeGreaterThan(WINDOW)
    // What an ended process wrote last may still be on its way here.
    await eventually(() => expect(countOf(hub.log, '"msg":"stopped"')).toBe(2))
  })

  it('does not wait for a worker that hangs', async () => {
    const hub = await start({ DRAIN_SECONDS: '0' })
    const pids = workersOf(hub)
    process.kill(pids[0] ?? 0, 'SIGSTOP')
    const began = performance.now()
    hub.signal('SIGTERM')
    expect(await hub.ended).toBe(1)
    expect(performance.now() - began).toBeLessThan(5_000 + SLACK)
    expect(pids.filter(isAlive)).toEqual([])
  })
})

describe('a worker that is killed', () => {
  it('is started again, its pages come back, and nothing is lost', async () => {
    const hub = await start()
    const pages = await openPages(hub, PAGES)
    const [victim = 0, survivor] = workersOf(hub)
    process.kill(victim, 'SIGKILL')
    await changeAll(changePatiently(hub), pages, ['seen', 'typed'])
    await eventually(() => workersOf(hub).length === 2)
    expect(workersOf(hub)).toContain(survivor)
    expect(workersOf(hub)).not.toContain(victim)
    await eventually(async () =>
      expect(await statsOf(hub)).toMatchObject({ waiting: PAGES, instances: { answered: 2 } }),
    )
    await changeAll(changePatiently(hub), pages, ['finished'])
    for (const { told } of pages) expect(told).toEqual([...new Set(told)])
  })

  it('leaves nobody waiting whom it had not begun to serve', async () => {
    const hub = await start()
    const [victim = 0] = workersOf(hub)
    process.kill(victim, 'SIGSTOP')
    const calls = Array.from({ length: 4 }, () => callAnew(hub, 'GET', '/healthz').then(({ status }) => status))
    let answered = 0
    for (const each of calls) each.then(() => answered++).catch(() => undefined)
    await eventually(() => answered === 3)
    process.kill(victim, 'SIGKILL')
    const ends = await Promise.allSettled(calls)
    expect(ends.map((end) => (end.status === 'fulfilled' ? end.value : end.reason.code)).toSorted()).toEqual([
      ...[200, 200, 200],
      'ECONNRESET',
    ])
  })

  it('is started again later each time, while none lasts, and the other serves all along', async () => {
    const hub = await start()
    for (const times of [1, 2, 3]) {
      const [, young = 0] = workersOf(hub)
      process.kill(young, 'SIGKILL')
      await eventually(() => countOf(hub.log, '"restartInMs"') === times)
      expect((await callAnew(hub, 'GET', '/readyz')).status).toBe(200)
      await eventually(() => workersOf(hub).length === 2)
    }
    const delays = [...hub.log.matchAll(/"restartInMs":(\d+)/g)].map(([, ms]) => Number(ms))
    expect(delays).toEqual([100, 200, 400])
  })
})

describe('what one process would refuse', () => {
  it.each([
    ['a configuration', async () => ({ DRAIN_SECONDS: 'long', API_KEYS: 'x' }), /API_KEYS(.|\n)*DRAIN_SECONDS/],
    [
      'a Redis',
      async () => {
        const other = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
        onTestFinished(() => other.stop())
        return { REDIS_URL: other.url }
      },
      /^Redis .* set it to noeviction$/m,
    ],
    [
      'a port that is taken',
      async () => {
        const taken = createServer().listen(0, '127.0.0.1')
        onTestFinished(() => void taken.close())
        await once(taken, 'listening')
        return { PORT: String((taken.address() as AddressInfo).port) }
      },
      /^Port \d+ of 127\.0\.0\.1 is taken \(EADDRINUSE\), .* set PORT to another\.\n$/,
    ],
    [
      'an address that is not here',
      async () => ({ HOST: '192.0.2.1' }),
      /^The hub cannot listen on port \d+ of 192\.0\.2\.1 \(HOST, PORT\): .+\n$/,
    ],
  ])('is refused with the same words and the same code: %s', async (_what, make, words) => {
    const wrong = { PORT: String(await freePort()), REDIS_URL: redis.url, ...(await make()) }
    const alone = await refusalOf({ ...wrong, WORKERS: '1' })
    expect(alone).toEqual({ code: 1, said: expect.stringMatching(words) })
    expect(await refusalOf(wrong)).toEqual(alone)
  })
})

it('waits for a Redis that is away with one worker, alive and unready, and begins with all when it is there', async () => {
  const late = await startRedis()
  onTestFinished(() => late.stop())
  await late.kill()
  const port = await freePort()
  const started = start({ PORT: String(port), REDIS_URL: late.url })
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${url}/healthz`)).ok)
  expect((await fetch(`${url}/readyz`)).status).toBe(503)
  await late.restart()
  const { instances } = await statsOf(await started)
  expect(instances).toEqual({ answered: 2, expected: 2 })
})
