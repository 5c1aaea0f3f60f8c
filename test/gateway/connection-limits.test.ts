import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type Connection, waitForStatus } from '../../client-sdk/index.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { call, create, startPair, update } from './pair.ts'
import { enterRaw, openRaw } from './raw-socket.ts'
import { connected, dial, hangUpAll, openPage, type Refusal, refusal } from './sockets.ts'

let hub: RunningHub
afterEach(async () => {
  hangUpAll()
  await hub.stop()
})

const start = async (limits: Record<string, string>) => {
  hub = await startHub(limits)
}
/** Connects, and tells what came of it. */
function attempt(namespace: string, auth: object, headers = {}): Promise<Refusal | undefined> {
  const socket = dial(hub.url, namespace, auth, { headers })
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(undefined))
    socket.once('connect_error', (error) => resolve(error as unknown as Refusal))
  })
}
const attempts = (count: number, namespace: string, auth: object, headers = {}) =>
  Promise.all(Array.from({ length: count }, () => attempt(namespace, auth, headers)))
const isIn = (refused: Refusal | undefined) => refused === undefined
const codes = (all: readonly (Refusal | undefined)[]) => [...new Set(all.map((refused) => refused?.data?.code))]
const figures = async () => (await call(hub, 'GET', '/v1/limits')).body

/** Asks for a WebSocket, and tells the status and the headers it is answered with. */
function upgrade(headers = {}): Promise<{ status: number; retryAfter: string | undefined }> {
  return new Promise((resolve, reject) => {
    const handshake = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      ...headers,
    }
    const asked = request(`${hub.url}/socket.io/?EIO=4&transport=websocket`, { headers: handshake })
    asked.once('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] })
    })
    asked.once('upgrade', (_response, socket) => {
      socket.destroy()
      resolve({ status: 101, retryAfter: undefined })
    })
    asked.once('error', reject)
    asked.end()
  })
}

describe('connections a second', () => {
  it('above the limit are refused, told when to come back, and let in then', async () => {
    await start({ LIMIT_CONNECTIONS_PER_SECOND: '5' })
    const { waitToken } = await create(hub)
    const answers = await attempts(12, '/waiting', { token: waitToken })
    expect(answers.filter(isIn)).toHaveLength(5)
    const refused = answers.flatMap((answer) => answer ?? [])
    expect(codes(refused)).toEqual(['overloaded'])
    const times = refused.map(({ data }) => data?.retryAfter ?? 0)
    expect(Math.min(...times)).toBeGreaterThan(1)
    // Not two of them at the same moment.
    expect(new Set(times).size).toBe(times.length)
    await new Promise((resolve) => setTimeout(resolve, Math.min(...times) * 1_000 + 50))
    expect(await attempt('/waiting', { token: waitToken })).toBeUndefined()
    expect(await figures()).toMatchObject({
      connections: { admitted: 6, busiestSecond: 5 },
      refused: { LIMIT_CONNECTIONS_PER_SECOND: 7 },
    })
  })

  it('are not used up by those who have no right to come in', async () => {
    await start({ LIMIT_CONNECTIONS_PER_SECOND: '5' })
    const { waitToken } = await create(hub)
    for (let round = 0; round < 4; round++) {
      expect(codes(await attempts(4, '/waiting', { token: 'rubbish' }))).toEqual(['invalid_token'])
    }
    expect(await attempt('/waiting', { token: waitToken })).toBeUndefined()
  })

  it('far above the limit are answered with a bare 503 and no further work', async () => {
    await start({ LIMIT_CONNECTIONS_PER_SECOND: '4' })
    const answers = await Promise.all(Array.from({ length: 30 }, () => upgrade()))
    expect(answers.filter(({ status }) => status === 101)).toHaveLength(20)
    const bare = answers.filter(({ status }) => status === 503)
    expect(bare).toHaveLength(10)
    for (const { retryAfter } of bare) expect(retryAfter).toMatch(/^([2-9]|10)$/)
    expect((await figures()).connections.admitted).toBe(0)
  })

  it('the SDK obeys: thirty pages on an instance that takes eight a second are all live, and hear', async () => {
    await start({ LIMIT_CONNECTIONS_PER_SECOND: '8' })
    const { challenge, waitToken } = await create(hub)
    const states: Connection[][] = []
    const outcomes = Array.from({ length: 30 }, (_, at) => {
      const heard: Connection[] = []
      states[at] = heard
      return waitForStatus({ url: hub.url, token: waitToken, onConnection: (state) => heard.push(state) })
    })
    await eventually(() => states.every((heard) => heard.at(-1) === 'live'), { within: 15_000 })
    expect((await figures()).connections).toMatchObject({ open: 30, admitted: 30, busiestSecond: 8 })
    await update(hub, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    for (const { challengeStatus } of await Promise.all(outcomes)) expect(challengeStatus).toBe('approved')
  })

  it('of one address leave room for the others', async () => {
    await start({ LIMIT_CONNECTION_RATE_PER_ADDRESS: '3', TRUST_PROXY: '127.0.0.1' })
    const { waitToken } = await create(hub)
    const from = (address: string) => ({ 'X-Forwarded-For': address })
    const greedy = await attempts(20, '/waiting', { token: waitToken }, from('203.0.113.1'))
    // Ten could come on either side of a second's turn.
    expect(greedy.filter(isIn).length).toBeLessThanOrEqual(6)
    expect(codes(greedy)).toContain('too_many_requests')
    expect(await attempt('/waiting', { token: waitToken }, from('203.0.113.2'))).toBeUndefined()
  })
})

describe('open connections', () => {
  it('of one address: one too many is told so, far too many get a bare 503, and who leaves makes room', async () => {
    await start({ LIMIT_CONNECTIONS_PER_ADDRESS: '4', TRUST_PROXY: '127.0.0.1' })
    const { waitToken } = await create(hub)
    const first = await Promise.all([1, 2, 3, 4].map(() => enterRaw(hub.url, '/waiting', { token: waitToken })))
    const patient = await Promise.all([openRaw(hub.url), openRaw(hub.url)])
    patient[0]?.say(`40/waiting,{"token":"${waitToken}"}`)
    const refused = JSON.parse((await patient[0]?.hear('44/waiting,'))?.slice('44/waiting,'.length) ?? '')
    expect(refused.data).toMatchObject({ code: 'too_many_requests', detail: expect.stringContaining('address') })
    expect(refused.data.retryAfter).toBeGreaterThanOrEqual(5)
    expect((await upgrade()).status).toBe(503)
    // Another address behind the proxy is another one; the caller's own word for it is not believed twice.
    expect((await upgrade({ 'X-Forwarded-For': '203.0.113.9' })).status).toBe(101)
    for (const raw of [...first, ...patient]) raw.hangUp()
    await eventually(async () => expect((await figures()).connections.open).toBe(0))
    await connected(dial(hub.url, '/waiting', { token: waitToken }))
  })

  it('of the whole instance', async () => {
    await start({ LIMIT_CONNECTIONS: '4' })
    const { waitToken } = await create(hub)
    const all = await Promise.all(Array.from({ length: 6 }, () => openRaw(hub.url)))
    for (const raw of all) raw.say(`40/waiting,{"token":"${waitToken}"}`)
    expect(await all[5]?.hear('44/waiting,')).toContain('"code":"overloaded"')
    expect((await upgrade()).status).toBe(503)
    expect((await figures()).connections.open).toBe(6)
    for (const raw of all) raw.hangUp()
  })

  it('of one token, whichever of its tokens is shown', async () => {
    await start({ LIMIT_CONNECTIONS_PER_TOKEN: '2' })
    const { waitToken } = await create(hub)
    const others = await create(hub)
    const pages = [1, 2].map(() => openPage(hub.url, { token: waitToken }))
    await Promise.all(pages.map((page) => page.version(1)))
    expect((await refusal(dial(hub.url, '/waiting', { token: waitToken }))).data?.code).toBe('too_many_requests')
    await connected(dial(hub.url, '/waiting', { token: others.waitToken }))
    const backend = () => hub.token({ scope: 'challenges:write', sub: 'shop' }, 100 + Math.random() * 1_000)
    expect((await attempts(2, '/publishing', { token: backend() })).filter(isIn)).toHaveLength(2)
    expect(await attempt('/publishing', { token: backend() })).toMatchObject({ data: { code: 'too_many_requests' } })
    pages[0]?.socket.disconnect()
    await eventually(async () => expect(await attempt('/waiting', { token: waitToken })).toBeUndefined())
  })

  it('of one person: a phone more than allowed waits, everyone else does not', async () => {
    await start({ LIMIT_CONNECTIONS_PER_USER: '2' })
    expect((await attempts(2, '/approving', { token: hub.approver('ada') })).filter(isIn)).toHaveLength(2)
    expect(await attempt('/approving', { token: hub.approver('ada') })).toMatchObject({
      data: { code: 'too_many_requests' },
    })
    expect(await attempt('/approving', { token: hub.approver('eve') })).toBeUndefined()
  })

  it('leave nothing counted, however they end', async () => {
    await start({
      LIMIT_CONNECTIONS_PER_TOKEN: '3',
      LIMIT_CONNECTIONS_PER_USER: '3',
      LIMIT_SUBSCRIPTIONS_PER_TOKEN: '3',
    })
    const { waitToken } = await create(hub)
    for (let round = 0; round < 5; round++) {
      const raws = await Promise.all(
        ['/waiting', '/approving', '/publishing'].map(async (namespace) => {
          const token = { '/waiting': waitToken, '/approving': hub.approver('ada') }[namespace] ?? hub.backend()
          const raw = await openRaw(hub.url)
          raw.say(`40${namespace},${JSON.stringify({ token })}`)
          // One waits to be let in, the next leaves politely, the next does not wait for an answer.
          if (round % 3 > 0) await raw.hear(`40${namespace},`)
          if (round % 3 === 1) raw.say(`41${namespace},`)
          return raw
        }),
      )
      for (const raw of raws) raw.hangUp()
      await Promise.all(raws.map(({ closed }) => closed))
      await eventually(async () => expect((await figures()).connections.open).toBe(0))
    }
    expect((await attempts(3, '/waiting', { token: waitToken })).filter(isIn)).toHaveLength(3)
    expect((await attempts(3, '/approving', { token: hub.approver('ada') })).filter(isIn)).toHaveLength(3)
    expect((await attempts(3, '/publishing', { token: hub.backend() })).filter(isIn)).toHaveLength(3)
  })
})

describe('links over which nothing has been said', () => {
  /** Opens one, and tells whether it was closed at once by whoever listens. */
  const link = () =>
    new Promise<Socket | undefined>((resolve) => {
      const opened = connect(Number(new URL(hub.url).port), '127.0.0.1')
      links.push(opened)
      opened.once('close', () => resolve(undefined))
      opened.once('error', () => resolve(undefined))
      // It is answered only if it was taken.
      opened.once('data', () => resolve(opened))
      opened.write('GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n')
    })
  const links: Socket[] = []
  afterEach(() => {
    for (const each of links.splice(0)) each.destroy()
  })

  it.each([
    ['of one address', { LIMIT_CONNECTIONS_PER_ADDRESS: '3' }, 6],
    ['of all', { LIMIT_CONNECTIONS: '4' }, 8],
    [
      'of a trusted proxy, which are bounded with all others only',
      { LIMIT_CONNECTIONS_PER_ADDRESS: '3', TRUST_PROXY: '127.0.0.1' },
      12,
    ],
  ])('%s are bounded, and who leaves makes room', async (_whose, limits, taken) => {
    await start(limits)
    const opened = []
    for (let count = 0; count < 12; count++) opened.push(await link())
    expect(opened.filter((each) => each !== undefined)).toHaveLength(taken)
    for (const each of opened) each?.destroy()
    await eventually(async () => expect(await link()).toBeDefined())
  })
})

describe('a person, on whichever instance', () => {
  it('connects and decides only so often a minute', async () => {
    await using pair = await startPair({
      LIMIT_APPROVER_CONNECTIONS_PER_USER: '3',
      LIMIT_DECISIONS_PER_USER: '4',
    })
    hub = pair.a
    const token = pair.a.approver('ada')
    for (const { url } of [pair.a, pair.b, pair.a]) await connected(dial(url, '/approving', { token }))
    const told = (await refusal(dial(pair.b.url, '/approving', { token }))).data
    expect(told).toMatchObject({ code: 'too_many_requests' })
    expect(told?.retryAfter).toBeGreaterThan(0)
    await connected(dial(pair.b.url, '/approving', { token: pair.b.approver('eve') }))

    const { challenge } = await create(pair.a, { approver: 'ada', numberMatching: 2 })
    const deny = (on: RunningHub) => call(on, 'POST', `/v1/approvals/${challenge}`, { decision: 'deny' }, token)
    for (const on of [pair.a, pair.b, pair.a, pair.b]) expect((await deny(on)).status).toBe(200)
    for (const on of [pair.a, pair.b]) {
      expect(await deny(on)).toMatchObject({ status: 429, body: { code: 'too_many_requests' } })
    }
  })
})
