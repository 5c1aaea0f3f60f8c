import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { Hub } from '../../server/hub.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub, TEST_SECRET } from '../support/hub.ts'
import { call, create, stats, update } from './pair.ts'
import { ask, hangUpAll, openPage, openPublisher } from './sockets.ts'

const links: Socket[] = []
afterEach(() => {
  hangUpAll()
  for (const link of links.splice(0)) link.destroy()
})

/** A WebSocket text frame as a client sends it, with a mask of zeros. */
function frame(text: string): Buffer {
  const body = Buffer.from(text)
  const long = body.length > 125
  const head = long ? [0x81, 0xfe, body.length >> 8, body.length & 255] : [0x81, 0x80 | body.length]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body])
}

/** A page that waits, and then does not read any more. */
async function enterAndStall(url: string, auth: object): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const link = connect(Number(port), hostname)
  links.push(link)
  let heard = ''
  link.on('data', (chunk) => {
    heard += chunk.toString('latin1')
  })
  link.on('error', () => undefined)
  link.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
  )
  await eventually(() => heard.includes('"sid"'))
  link.write(frame(`40/waiting,${JSON.stringify(auth)}`))
  await eventually(() => heard.includes('"status"'))
  link.pause()
  return link
}

/** The largest status there can be, another one each time. */
const large = (round: number) => ({
  challengeStatus: `step ${round}`,
  claimsNameValuePairs: Array.from({ length: 50 }, (_, at) => ({ name: `claim ${at}`, value: 'x'.repeat(1_000) })),
})

/** Until what the operating system holds for the one who does not read is full, too, some megabytes flow. */
async function flood(hub: RunningHub, challenge: string, updates: number): Promise<void> {
  for (let round = 0; round < updates; round++) await update(hub, challenge, large(round))
}

it('one who does not read is cut off at the limit, counted, and told of in one line; others hear everything', async () => {
  const lines: { limit?: string; msg: string }[] = []
  const log = pino({ level: 'warn' }, { write: (line) => void lines.push(JSON.parse(line)) })
  const config = readConfig({ PORT: '0', HOST: '127.0.0.1', JWT_SECRET: TEST_SECRET, LIMIT_BUFFERED_BYTES: '500000' })
  const own = new Hub(config, log)
  const url = await own.start()
  const token = own.issueToken({ scope: 'challenges:write challenges:read', sub: 'shop' }, 600)
  const hub = { url, hub: own, backend: () => token } as RunningHub
  const { challenge } = await create(hub)
  const witness = openPage(url, { token, challenge })
  await witness.version(1)
  const slow = await Promise.all([1, 2].map(() => enterAndStall(url, { token, challenge })))
  expect(await stats(hub)).toMatchObject({ waiting: 3 })

  await flood(hub, challenge, 250)
  await eventually(async () => expect((await stats(hub)).waiting).toBe(1))
  expect((await call(hub, 'GET', '/v1/limits')).body.refused).toEqual({ LIMIT_BUFFERED_BYTES: 2 })
  expect(lines.filter(({ limit }) => limit === 'LIMIT_BUFFERED_BYTES')).toMatchObject([{ msg: 'a limit was reached' }])
  await witness.version(251)
  expect(witness.versions(challenge)).toEqual(Array.from({ length: 251 }, (_, at) => at + 1))
  // When they read again they learn that it is over.
  await Promise.all(slow.map((link) => new Promise((resolve) => link.once('close', resolve).resume())))
  await own.stop(0)
})

it('one who reads is not taken for one who does not, however much is said at once', async () => {
  const hub = await startHub()
  const { challenge } = await create(hub)
  await update(hub, challenge, large(0))
  const publisher = await openPublisher(hub.url, hub.backend())
  // Asked in one turn, and answered in one: three times the limit, before any of it can have been read.
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(publisher, 'get', { challenge })))
  expect(new Set(answers.map(({ ok }) => ok))).toEqual(new Set([true]))
  expect((await call(hub, 'GET', '/v1/limits')).body.refused).toEqual({})
  await hub.stop()
})

it('without the limit it stays, and all of it is held', async () => {
  const hub = await startHub({ LIMIT_BUFFERED_BYTES: '0' })
  const { challenge } = await create(hub)
  const slow = await enterAndStall(hub.url, { token: hub.backend(), challenge })
  await flood(hub, challenge, 250)
  expect(await stats(hub)).toMatchObject({ waiting: 1 })
  expect((await call(hub, 'GET', '/v1/limits')).body.refused).toEqual({})
  slow.destroy()
  await hub.stop()
})
