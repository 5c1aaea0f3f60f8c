import { createSecretKey, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Approver, AssentError, connectApprover, createBackend, waitForStatus } from '../../client-sdk/index.ts'
import { issueToken, type TokenClaims } from '../../server/auth/issue-token.ts'
import { type Balancer, startBalancer } from '../support/balancer.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/free-port.ts'
import { call } from '../support/http-client.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

const INSTANCES = 3
/** Sign-ons going on at a time, each one after the other. */
const LANES = 6
const PEOPLE = ['ada', 'bert', 'cora'] as const
/** Challenges that are opened under the old keys and answered under the new ones. */
const PATIENT = 8

const [oldSecret, newSecret] = [randomBytes(48).toString('base64'), randomBytes(48).toString('base64')]
const [oldKey, newKey] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
/** The order in which README tells an operator to do it: the new one second everywhere, swapped, the old one removed. */
const BEFORE = { JWT_SECRET: oldSecret, STORE_KEY: oldKey }
const BOTH = { JWT_SECRET: `${oldSecret},${newSecret}`, STORE_KEY: `${oldKey},${newKey}` }
const SWAPPED = { JWT_SECRET: `${newSecret},${oldSecret}`, STORE_KEY: `${newKey},${oldKey}` }
const AFTER = { JWT_SECRET: newSecret, STORE_KEY: newKey }

let redis: RedisServer
let balancer: Balancer
const hubs: HubProcess[] = []
const logs: string[] = []

beforeAll(async () => {
  redis = await startRedis()
  const ports = await Promise.all(Array.from({ length: INSTANCES }, freePort))
  hubs.push(...(await Promise.all(ports.map((port) => spawnInstance(port, BEFORE)))))
  balancer = await startBalancer(ports, { inTurn: true })
})
afterAll(async () => {
  await balancer?.stop()
  await Promise.all(hubs.map((hub) => hub.kill()))
  await redis?.stop()
})

function spawnInstance(port: number, keys: Record<string, string>): Promise<HubProcess> {
  return spawnHub({ NODE_ENV: 'production', REDIS_URL: redis.url, PORT: String(port), DRAIN_SECONDS: '0.3', ...keys })
}

/** One instance after the other, each only when the one before is ready again. */
async function roll(keys: Record<string, string>): Promise<void> {
  for (const [at, hub] of [...hubs.entries()]) {
    expect(await hub.stop()).toBe(0)
    logs.push(hub.log)
    hubs[at] = await spawnInstance(hub.port, keys)
  }
}

function tokenOf(secret: string, claims: TokenClaims): string {
  return issueToken(createSecretKey(Buffer.from(secret)), claims, Date.now(), Date.now() + 600_000)
}

/** What a company runs against its hub; it goes on while the keys are rotated. */
class Traffic {
  readonly #running: Promise<void>[] = []
  readonly rounds = Array.from({ length: LANES }, () => 0)
  readonly faults: unknown[] = []
  #secret = oldSecret
  #approvers = new Map<string, Approver>()
  #stopped = false

  /** Everybody gets a token of this secret; those in use are left to end what they began. */
  use(secret: string): void {
    this.#secret = secret
    const before = [...this.#approvers.values()]
    this.#approvers = new Map(PEOPLE.map((user) => [user, this.#connect(user)]))
    setTimeout(() => {
      for (const approver of before) approver.close()
    }, 2_000)
  }

  backend() {
    return createBackend({
      url: balancer.url,
      token: tokenOf(this.#secret, { scope: 'challenges:write challenges:read', sub: 'shop' }),
    })
  }

  start(): void {
    this.use(oldSecret)
    for (let lane = 0; lane < LANES; lane++) this.#running.push(this.#signOnAgainAndAgain(lane))
  }

  /** Resolves when every sign-on that is going on now is over: what comes after has tokens of the newest secret. */
  async turnOver(): Promise<void> {
    const goal = this.rounds.map((rounds) => rounds + 2)
    const isOver = () => this.faults.length > 0 || this.rounds.every((rounds, lane) => rounds >= (goal[lane] ?? 0))
    await eventually(isOver, { within: 15_000, every: 50 })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
    for (const approver of this.#approvers.values()) approver.close()
  }

  #connect(user: string): Approver {
    return connectApprover({
      url: balancer.url,
      token: tokenOf(this.#secret, { scope: 'challenges:approve', sub: user }),
      onPending: () => undefined,
      onError: (error) => this.#fail(error),
    })
  }

  async #signOnAgainAndAgain(lane: number): Promise<void> {
    while (!this.#stopped) {
      await this.#signOn(lane).catch((error) => this.#fail(error))
      this.rounds[lane] = (this.rounds[lane] ?? 0) + 1
      await pause(50)
    }
  }

  /** A page waits, the backend scans, a person approves or denies, and the backend reads the same. */
  async #signOn(lane: number): Promise<void> {
    const user = PEOPLE[lane % PEOPLE.length] ?? 'ada'
    const backend = this.backend()
    const { challenge, waitToken } = await backend.createChallenge({ approver: user, challengeTimeout: 120 })
    const page = waitForStatus({ url: balancer.url, token: waitToken, until: 'complete' })
    await pause(Math.random() * 300)
    await backend.updateChallenge(challenge, { claimsNameValuePairs: [{ name: 'lane', value: String(lane) }] })
    const approver = this.#approvers.get(user)
    const word = lane % 2 === 0 ? 'approved' : 'denied'
    await (word === 'approved' ? approver?.approve(challenge) : approver?.deny(challenge))
    const [seen, read] = await Promise.all([page, backend.getChallenge(challenge)])
    if (seen.challengeStatus !== word || read.challengeStatus !== word) {
      throw new Error(`${word}, but the page saw ${seen.challengeStatus}, and the backend ${read.challengeStatus}`)
    }
  }

  #fail(error: unknown): void {
    this.faults.push(error instanceof AssentError ? `${error.code}: ${error.message}` : error)
  }
}

describe('JWT_SECRET and STORE_KEY are rotated under load', () => {
  it('without a challenge lost, a call refused or a page left behind', { timeout: 120_000 }, async () => {
    const traffic = new Traffic()
    traffic.start()
    const names = Array.from({ length: PATIENT }, (_, at) => `patient ${at}`)
    const open = (name: string) =>
      traffic.backend().createChallenge({ updatedByFlowId: name, challengeTimeout: 600 }, { idempotencyKey: name })
    const opened = await Promise.all(names.map(open))
    // These have tokens of the old secret, and wait through every restart until it goes.
    const waiting = opened.map(({ waitToken }) => waitForStatus({ url: balancer.url, token: waitToken }))

    await roll(BOTH)
    await roll(SWAPPED)
    traffic.use(newSecret)
    await traffic.turnOver()
    for (const { challenge } of opened)
      await traffic.backend().updateChallenge(challenge, { challengeStatus: 'scanned' })
    for (const page of await Promise.all(waiting)) expect(page.challengeStatus).toBe('scanned')
    // The last one to come has seen all that the others left under the old key.
    await eventually(() => /all documents are sealed with the first STORE_KEY/.test(hubs.at(-1)?.log ?? ''), {
      within: 15_000,
    })

    await roll(AFTER)
    await traffic.turnOver()
    // Whoever asks again with the same key gets the same challenge, and a token of the new secret for its page.
    const again = await Promise.all(names.map(open))
    expect(again.map(({ challenge }) => challenge)).toEqual(opened.map(({ challenge }) => challenge))
    const pages = again.map(({ waitToken }) =>
      waitForStatus({ url: balancer.url, token: waitToken, until: 'complete' }),
    )
    for (const { challenge } of again) {
      await traffic.backend().updateChallenge(challenge, { challengeStatus: 'paid', isChallengeComplete: true })
    }
    for (const page of await Promise.all(pages)) expect(page).toMatchObject({ challengeStatus: 'paid', version: 3 })

    await traffic.stop()
    expect(traffic.faults).toEqual([])
    expect(Math.min(...traffic.rounds)).toBeGreaterThan(5)
    for (const log of [...logs, ...hubs.map((hub) => hub.log)]) {
      expect(log.split('\n').filter((line) => /"level":[56]0|can't be opened/.test(line))).toEqual([])
    }
    // The old ones are worth nothing any more.
    const stale = tokenOf(oldSecret, { scope: 'challenges:read', sub: 'shop' })
    expect((await call(balancer, 'GET', '/v1/stats', { token: stale })).status).toBe(401)
    await expect(spawnInstance(await freePort(), BEFORE)).rejects.toThrow(/STORE_KEY does not open/)
  })
})
