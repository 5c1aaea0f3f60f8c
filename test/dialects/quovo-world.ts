import { randomInt } from 'node:crypto'
import { expect } from 'vitest'
import type { AuthenticationStep } from '../../server/protocol/mfa.ts'
import { dial, type Status } from '../gateway/sockets.ts'
import { addDevice, mfa, newEmail, newPhone, newUser, type World } from '../mfa/world.ts'
import { type CallOptions, call, type Reply } from '../support/http-client.ts'
import type { RunningHub } from '../support/hub.ts'
import { Recorder } from '../support/recorder.ts'

export interface Sync {
  readonly connection_id: number
  readonly status: string
  readonly challenges?: readonly SyncChallenge[]
  readonly challenge?: string
  readonly waitToken?: string
}

export interface SyncChallenge {
  readonly id: number
  readonly connection_id: number
  readonly type: string
  readonly question: string
  readonly choices?: readonly { readonly key: number; readonly value: string; readonly category: string | null }[]
  readonly image?: string
  readonly expires: string | null
  readonly should_answer: boolean
}

export interface Refused {
  readonly status: number
  readonly message: string
  readonly errors: readonly { readonly field: string; readonly message: string }[]
}

/** A connection, as whoever writes a client of this API has it. */
export class Connection {
  readonly number = randomInt(1, 2 ** 47)
  readonly user = newUser()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  get path(): string {
    return `/v3/connections/${this.number}`
  }

  bind(body: object = {}, hub: RunningHub = this.#world.one): Promise<Reply<object>> {
    return mfa(hub, 'PUT', this.path, { user: { id: this.user }, ...body })
  }

  post(body?: unknown, hub: RunningHub = this.#world.one, options?: CallOptions): Promise<Reply<Sync>> {
    return mfa<Sync>(hub, 'POST', `${this.path}/sync`, body, options)
  }

  answer(challenge_id: number, answer: number | string, hub?: RunningHub): Promise<Reply<Sync>> {
    return this.post({ answers: [{ challenge_id, answer }] }, hub)
  }

  /** How it stands, as the other instance says. */
  async get(hub: RunningHub = this.#world.other): Promise<Sync> {
    const reply = await call<Sync>(hub, 'GET', `${this.path}/sync`, {
      token: hub.token({ scope: 'mfa:read', sub: 'a reader' }),
    })
    expect(reply.status).toBe(200)
    return reply.body
  }

  /** Begins one, which a page on the other instance waits on. */
  async begin() {
    const reply = await this.post()
    expect(reply.text).toContain('"status":"challenges"')
    expect(reply.status).toBe(200)
    const { challenge = '', waitToken = '' } = reply.body
    return { sync: reply.body, question: questionOf(reply.body), challenge, page: waitOn(this.#world.other, waitToken) }
  }

  async version(challenge: string): Promise<number> {
    const { one } = this.#world
    return (await call<Status>(one, 'GET', `/v1/challenges/${challenge}`, { token: one.backend() })).body.version
  }
}

export function questionOf({ challenges = [] }: Sync): SyncChallenge {
  expect(challenges).toHaveLength(1)
  return challenges[0] as SyncChallenge
}

/** A page that waits: each step it hears, and how it ended. */
function waitOn(hub: RunningHub, token: string) {
  const statuses = new Recorder<Status>()
  dial(hub.url, '/waiting', { token }).on('status', statuses.listen)
  return {
    step: (status: AuthenticationStep['status']) =>
      statuses.until(({ authentication }) => authentication?.status === status),
    end: async () => (await statuses.until(({ isChallengeComplete }) => isChallengeComplete)).challengeStatus,
    notified: () => statuses.until(({ authentication }) => authentication?.notification !== undefined),
    versions: () => statuses.heard.map(({ version }) => version),
  }
}

/** As in the seed: two numbers, each by call and by text message; and an e-mail address. */
export async function withDevices(world: World, { user }: Connection) {
  const [first, second, email] = [newPhone(), newPhone(), newEmail()]
  const own = { status: 'ACTIVE' }
  const add = (device: object) => addDevice(world.one, user, { ...device, ...own })
  const devices = [
    await add({ type: 'VOICE', phone: first }),
    await add({ type: 'SMS', phone: first }),
    await add({ type: 'VOICE', phone: second }),
    await add({ type: 'SMS', phone: second }),
    await add({ type: 'EMAIL', email }),
  ]
  return { first, second, email, devices }
}

/** Bound, and with devices. */
export async function connected(world: World, binding: object = {}) {
  const connection = new Connection(world)
  const owned = await withDevices(world, connection)
  expect((await connection.bind(binding)).status).toBe(200)
  return { connection, ...owned }
}

/** Checks that an answer is this refusal, in this dialect's shape and no other. */
export function expectRefused(reply: Reply<unknown>, status: number, ...fields: readonly string[]): Refused {
  expect([reply.status, reply.text]).toEqual([status, expect.any(String)])
  expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(reply.headers.get('cache-control')).toBe('no-store')
  const refused = reply.body as Refused
  expect(Object.keys(refused)).toEqual(['status', 'message', 'errors'])
  expect(refused).toMatchObject({ status, message: expect.stringMatching(/\S/) })
  for (const error of refused.errors) {
    expect(Object.keys(error)).toEqual(['field', 'message'])
    expect(error.message).toMatch(/\S/)
  }
  expect(refused.errors.map(({ field }) => field)).toEqual(fields)
  if (status === 401) expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer\b/)
  if (status === 429 || status === 503) expect(reply.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(reply.text).not.toMatch(/urn:|problem|device\.id|"otp"|deviceAuthentications|\.ts\b|ioredis/)
  return refused
}
