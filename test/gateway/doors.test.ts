import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningHub, startHub } from '../support/hub.ts'
import { create } from './pair.ts'
import { closing, connected, dial, hangUpAll, openPage, openPerson, openPublisher, refusal } from './sockets.ts'

const FRIEND = 'https://shop.example'
const UNKNOWN = 'n'.repeat(43)

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub({ CORS_ORIGINS: FRIEND })
})
afterAll(() => hub.stop())
afterEach(hangUpAll)

describe('a refused connection says why', () => {
  it.each([
    ['without a token', () => undefined, 'invalid_token'],
    ['with garbage', () => 'garbage', 'invalid_token'],
    ['with a number for a token', () => 7, 'invalid_token'],
    ['with an object for a token', () => ({ length: 1 }), 'invalid_token'],
    ['with a token of nine thousand characters', () => 'x'.repeat(9_000), 'invalid_token'],
    ['with a forged token', () => `${hub.backend().slice(0, -4)}AAAA`, 'invalid_token'],
    [
      'with a token that names no algorithm',
      () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${hub.backend().split('.')[1]}.`,
      'invalid_token',
    ],
    [
      'with an expired token',
      () => hub.token({ scope: 'challenges:write challenges:approve', sub: 'x' }, -5),
      'expired_token',
    ],
  ])('%s', async (_what, token, code) => {
    for (const namespace of ['/waiting', '/approving', '/publishing']) {
      const { message, data } = await refusal(dial(hub.url, namespace, { token: token() }))
      expect(data, namespace).toEqual({ code, detail: expect.stringMatching(/^[A-Z].+\.$/) })
      expect(message).toBe(code)
    }
  })

  it('a token for one challenge opens no other, and does not tell whether there is one', async () => {
    const [mine, other] = await Promise.all([create(hub), create(hub)])
    const refusals = [
      { token: mine.waitToken, challenge: other.challenge },
      { token: mine.waitToken, challenge: UNKNOWN },
      { token: hub.token({ scope: 'challenges:wait', challenge: UNKNOWN, since: 1 }) },
    ].map(async (auth) => (await refusal(dial(hub.url, '/waiting', auth))).data)
    const [foreign, unknown, vanished] = await Promise.all(refusals)
    expect(foreign).toEqual({ code: 'challenge_not_found', detail: expect.any(String) })
    expect(unknown).toEqual(foreign)
    expect(vanished).toEqual(foreign)
  })

  it.each([
    ['a number', 7],
    ['nothing', ''],
    ['a hundred and one characters', 'x'.repeat(101)],
    ['a list', ['x']],
  ])('%s is no challenge to wait on', async (_what, challenge) => {
    const { data } = await refusal(dial(hub.url, '/waiting', { token: hub.backend(), challenge }))
    expect(data).toMatchObject({ code: 'invalid_request', errors: [{ path: 'challenge' }] })
  })

  it('an unknown challenge of a hundred characters is not found', async () => {
    const { data } = await refusal(dial(hub.url, '/waiting', { token: hub.backend(), challenge: 'x'.repeat(100) }))
    expect(data?.code).toBe('challenge_not_found')
  })
})

describe('transports', () => {
  it('long polling is refused', async () => {
    const { waitToken } = await create(hub)
    const socket = dial(hub.url, '/waiting', { token: waitToken }, { transports: ['polling'] })
    expect((await refusal(socket)).message).toMatch(/poll/)
    const response = await fetch(`${hub.url}/socket.io/?EIO=4&transport=polling`)
    expect(response.status).toBe(400)
  })

  it('nothing is served beside the socket', async () => {
    const response = await fetch(`${hub.url}/socket.io/socket.io.js`)
    expect(response.status).toBeGreaterThanOrEqual(400)
  })
})

describe('Origin', () => {
  const knock = async (origin: string) => {
    const { waitToken } = await create(hub)
    return dial(hub.url, '/waiting', { token: waitToken }, { headers: { origin } })
  }

  it.each([
    ['a configured one', () => FRIEND],
    ["the hub's own", () => hub.url],
  ])('%s may connect', async (_what, origin) => {
    await connected(await knock(origin()))
  })

  it.each([
    ['another', 'https://evil.example'],
    ['that of a page in a sandbox', 'null'],
    ['one that begins like a friend', `${FRIEND}.evil.example`],
    ['a friend on another port', `${FRIEND}:8443`],
    ['a friend without encryption', FRIEND.replace('https', 'http')],
    ["the hub's on another port", 'http://127.0.0.1:1'],
    ['nonsense', 'not an origin'],
  ])('%s may not', async (_what, origin) => {
    const { data } = await refusal(await knock(origin))
    expect(data).toEqual({ code: 'insufficient_scope', detail: expect.any(String) })
  })

  it('is asked for at every namespace', async () => {
    const headers = { origin: 'https://evil.example' }
    for (const [namespace, token] of [
      ['/approving', hub.approver('ada')],
      ['/publishing', hub.backend()],
    ] as const) {
      expect((await refusal(dial(hub.url, namespace, { token }, { headers }))).data?.code).toBe('insufficient_scope')
    }
  })
})

describe('namespaces that are none', () => {
  it.each(['/nonsense', '/waiting/', '/Waiting', '/__proto__', '/admin'])('%s is refused', async (namespace) => {
    await refusal(dial(hub.url, namespace, { token: hub.backend() }))
  })

  it('nobody gets in without a token, not even to where nothing is served', async () => {
    await refusal(dial(hub.url, '/', {}))
  })
})

it('a hub that is leaving refuses newcomers, and asks everyone to connect elsewhere', async () => {
  const leaving = await startHub()
  const { waitToken } = await create(leaving)
  const page = openPage(leaving.url, { token: waitToken })
  const person = await openPerson(leaving.url, leaving.approver('ada'))
  const publisher = await openPublisher(leaving.url, leaving.backend())
  await page.version(1)
  const asked = [page.socket, person.socket, publisher].map(
    (socket) => new Promise<{ afterMs: number }>((resolve) => socket.once('moving', resolve)),
  )
  const closed = [page.closed, person.closed, closing(publisher)]
  const stopped = leaving.hub.stop(1)
  for (const { afterMs } of await Promise.all(asked)) {
    expect(afterMs).toBeGreaterThanOrEqual(0)
    expect(afterMs).toBeLessThanOrEqual(1_000)
  }
  for (const [namespace, token] of [
    ['/waiting', waitToken],
    ['/approving', leaving.approver('ada')],
    ['/publishing', leaving.backend()],
  ] as const) {
    const { data } = await refusal(dial(leaving.url, namespace, { token }))
    expect(data).toEqual({ code: 'draining', detail: expect.any(String), retryAfter: expect.any(Number) })
  }
  // Those who are in stay in until the end, and then take it for a broken link: they come back by themselves.
  expect([page.socket, person.socket, publisher].map(({ connected }) => connected)).toEqual([true, true, true])
  expect(await Promise.all(closed)).toEqual(['transport close', 'transport close', 'transport close'])
  await stopped
})
