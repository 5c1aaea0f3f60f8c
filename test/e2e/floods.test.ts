import { createSecretKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueToken } from '../../server/auth/issue-token.ts'
import { RawLink } from '../herd/raw-link.ts'
import { ensureBuilt } from '../support/built.ts'
import { eventually } from '../support/eventually.ts'
import { call, type Reply } from '../support/http-client.ts'
import { TEST_SECRET } from '../support/hub.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'

/*
 * What one instance holds while somebody floods it: as much as the limit allows, and no more. One process for all, as
 * small as it can be made, so that what one flood leaves behind is there for the next.
 */

/** More than what a limit may hold, far less than what the flood would fill. Bytes. */
const MOST_GROWTH = 60 * 1_048_576

const LIMITS = {
  LIMIT_CONNECTIONS: '400',
  LIMIT_CONNECTIONS_PER_SECOND: '0',
  LIMIT_CONNECTION_RATE_PER_ADDRESS: '0',
  LIMIT_CONNECTIONS_PER_ADDRESS: '300',
  LIMIT_CONNECTIONS_PER_TOKEN: '0',
  LIMIT_SUBSCRIPTIONS_PER_TOKEN: '100',
  LIMIT_POLLS_PER_CHALLENGE: '0',
  LIMIT_POLLS_PER_TOKEN: '0',
  LIMIT_POLLS_PER_ADDRESS: '200',
  LIMIT_CREATIONS_PER_BACKEND: '300',
  // A page may be four times above it for a second: 36 MB for 60 of them.
  LIMIT_BUFFERED_BYTES: '150000',
}

let hub: HubProcess
let token: string

beforeAll(async () => {
  ensureBuilt()
  hub = await spawnHub({ JWT_SECRET: TEST_SECRET, LOG_LEVEL: 'silent', DRAIN_SECONDS: '0', ...LIMITS })
  const now = Date.now()
  const claims = { scope: 'challenges:write challenges:read', sub: 'flood' }
  token = issueToken(createSecretKey(Buffer.from(TEST_SECRET)), claims, now, now + 600_000)
  // What a process takes once and for all is taken by then.
  await inTurns(200, 10, create)
})
afterAll(() => hub.kill())

interface Created {
  readonly challenge: string
  readonly waitToken: string
}
const ask = <Body>(method: string, path: string, body?: object) => call<Body>(hub, method, path, { token, body })
/** Whatever a flood has just used up. */
const create = () =>
  eventually(async () => {
    const reply = await ask<Created>('POST', '/v1/challenges', {})
    return reply.status === 201 && reply
  }) as Promise<Reply<Created>>
interface Figures {
  readonly connections: { readonly open: number }
  readonly refused: Readonly<Record<string, number>>
}
const figures = async () => (await ask<Figures>('GET', '/v1/limits')).body
const stats = async () => (await ask<{ waiting: number; watches: number }>('GET', '/v1/stats')).body
const inTurns = async (count: number, atOnce: number, act: (at: number) => Promise<unknown>) => {
  let next = 0
  const lane = async () => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

/** Bytes the process has in memory. */
function memory(): number {
  return Number(readFileSync(`/proc/${hub.pid}/statm`, 'utf8').split(' ')[1]) * 4_096
}

/** Runs a flood and tells by how much the process has grown at its height. */
async function growth(flood: () => Promise<void>): Promise<number> {
  const before = memory()
  await flood()
  return memory() - before
}

/** A link that was let in as far as `hello` goes; undefined when it was not. */
function open(hello?: string): Promise<RawLink | undefined> {
  return new Promise((resolve) => {
    const link: RawLink = new RawLink(hub.port, {
      frame(text) {
        if (text === '2') link.say('3')
        else if (text.startsWith('0') && hello !== undefined) link.say(hello)
        else if (text.startsWith('44')) {
          link.drop()
          resolve(undefined)
        } else resolve(link)
      },
      refused: () => resolve(undefined),
      closed: () => resolve(undefined),
    })
  })
}

describe('one instance, flooded', () => {
  it('with links that say nothing, holds one and a half times the limit of their address', async () => {
    const links: (RawLink | undefined)[] = []
    const grown = await growth(() => inTurns(3_000, 50, async () => links.push(await open())))
    expect((await figures()).connections.open).toBeLessThanOrEqual(450)
    expect(links.filter((link) => link !== undefined).length).toBeLessThanOrEqual(450)
    expect((await figures()).refused.LIMIT_CONNECTIONS_PER_ADDRESS).toBeGreaterThan(0)
    expect(grown).toBeLessThan(MOST_GROWTH)
    for (const link of links) link?.drop()
    await eventually(async () => (await figures()).connections.open === 0)
  })

  it('with pages, holds as many subscriptions of one token as allowed', async () => {
    const { waitToken } = (await create()).body
    const hello = `40/waiting,{"token":"${waitToken}"}`
    const links: (RawLink | undefined)[] = []
    const grown = await growth(() => inTurns(2_000, 50, async () => links.push(await open(hello))))
    expect(await stats()).toMatchObject({ waiting: 100, watches: 1 })
    expect(grown).toBeLessThan(MOST_GROWTH)
    for (const link of links) link?.drop()
    await eventually(async () => (await stats()).waiting === 0)
  })

  it('with polls, holds as many of one address as allowed', async () => {
    const { challenge } = (await create()).body
    const abort = new AbortController()
    const path = `/v1/challenges/${challenge}/poll?pollInterval=60000&pollRetries=5`
    const answers: number[] = []
    const poll = async () => {
      const reply = await call(hub, 'GET', path, { token, signal: abort.signal }).catch(() => undefined)
      if (reply) answers.push(reply.status)
    }
    const held: Promise<void>[] = []
    const grown = await growth(async () => {
      for (let count = 0; count < 500; count++) held.push(poll())
      await eventually(() => expect(answers.length).toBe(300), { within: 15_000 })
    })
    expect(new Set(answers)).toEqual(new Set([429]))
    expect(grown).toBeLessThan(MOST_GROWTH)
    abort.abort()
    await Promise.all(held)
    await eventually(async () => expect((await stats()).watches).toBe(0))
  })

  it('with creations, keeps as many as allowed a second', async () => {
    const backend = io(`${hub.url}/publishing`, { auth: { token }, transports: ['websocket'] })
    let kept = 0
    const began = performance.now()
    const grown = await growth(() =>
      inTurns(12_000, 200, async () => {
        const { ok } = await backend.emitWithAck('create', {})
        if (ok) kept += 1
      }),
    )
    const seconds = (performance.now() - began) / 1_000
    expect(kept).toBeLessThanOrEqual(300 * (Math.floor(seconds) + 2))
    expect(kept).toBeLessThan(6_000)
    expect(grown).toBeLessThan(MOST_GROWTH)
    backend.disconnect()
  })

  it('with pages that do not read, holds no more for them than allowed', async () => {
    const { challenge } = (await create()).body
    const slow = await Promise.all(Array.from({ length: 60 }, () => enterAndStall(challenge)))
    const claims = Array.from({ length: 50 }, (_, at) => ({ name: `claim ${at}`, value: 'x'.repeat(1_000) }))
    // 250 × 52 kB for each of 60: 780 MB, if all were held.
    const grown = await growth(async () => {
      for (let round = 0; round < 250; round++) {
        const body = { challengeStatus: `step ${round}`, claimsNameValuePairs: claims }
        expect((await ask('PATCH', `/v1/challenges/${challenge}`, body)).status).toBe(200)
      }
    })
    expect((await figures()).refused.LIMIT_BUFFERED_BYTES).toBe(60)
    expect(await stats()).toMatchObject({ waiting: 0 })
    expect(grown).toBeLessThan(MOST_GROWTH)
    for (const link of slow) link.destroy()
  })
})

/** A page that waits as a backend does, and then does not read any more. */
async function enterAndStall(challenge: string): Promise<Socket> {
  const sent: Socket = connect(hub.port, '127.0.0.1')
  let heard = ''
  sent.on('data', (chunk) => {
    heard += chunk.toString('latin1')
  })
  sent.on('error', () => undefined)
  sent.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await eventually(() => heard.includes('"sid"'))
  const hello = Buffer.from(`40/waiting,${JSON.stringify({ token, challenge })}`)
  sent.write(Buffer.concat([Buffer.from([0x81, 0xfe, hello.length >> 8, hello.length & 255, 0, 0, 0, 0]), hello]))
  await eventually(() => heard.includes('"status"'))
  sent.pause()
  return sent
}
