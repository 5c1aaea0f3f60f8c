import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serveHttp } from '../../server/http/serve-http.ts'
import type { ErrorCode } from '../../server/protocol/error-codes.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { type Heard, Wire, type WireAnswer } from '../support/wire.ts'
import { expectProblem } from './expect-problem.ts'
import { open, poll, watched } from './hubs.ts'

let hub: RunningHub
const wires: Wire[] = []
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.stop())
afterEach(() => {
  for (const wire of wires.splice(0)) wire.hangUp()
})

async function openWire(port = Number(new URL(hub.url).port)): Promise<Wire> {
  const wire = await Wire.open(port)
  wires.push(wire)
  return wire
}

async function say(bytes: string, answers?: number): Promise<Heard> {
  const wire = await openWire()
  wire.say(bytes)
  return wire.listen({ ...(answers !== undefined && { answers }) })
}

/** The last thing heard is this problem, and then the hub has hung up. */
function expectRefused({ answers, closed, rest }: Heard, code: ErrorCode): void {
  const { status, headers, body }: WireAnswer = answers.at(-1) ?? { status: 0, headers: new Map(), body: '' }
  const told = [...headers].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]))
  expectProblem({ status, headers: new Headers(told), text: body, body: undefined }, code)
  expect(headers.get('x-content-type-options')).toEqual(['nosniff'])
  expect({ closed, rest: rest.length }).toEqual({ closed: true, rest: 0 })
}

const handshake = ({
  method = 'GET',
  path = '/socket.io/?EIO=4&transport=websocket',
  headers = {},
}: {
  method?: string
  path?: string
  headers?: Record<string, string | undefined>
} = {}) => {
  const all: Record<string, string | undefined> = {
    Host: 'hub',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}\r\n`]))
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}

describe('what is no request', () => {
  it.each<[string, string, ErrorCode]>([
    ['garbage', 'garbage\r\n\r\n', 'invalid_request'],
    ['the beginning of TLS', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 'invalid_request'],
    ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'invalid_request'],
    ['a space before the colon', 'GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n', 'invalid_request'],
    [
      'two lengths',
      'POST /v1/challenges HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
      'invalid_request',
    ],
    [
      'a length and chunks',
      'POST /v1/challenges HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'invalid_request',
    ],
    ['headers without an end', `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}`, 'headers_too_large'],
    [
      'chunk extensions without an end',
      `POST /v1/challenges HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;${'x'.repeat(20_000)}`,
      'payload_too_large',
    ],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 'invalid_request'],
  ])('is refused in words, and the connection closed: %s', async (_what, bytes, code) => {
    const wire = await openWire()
    wire.say(bytes)
    // Nobody who has no token gets further than this, whose body is never read.
    expectRefused(await wire.listen(), code)
  })

  it('is not told in the middle of an answer to something else', async () => {
    const wire = await openWire()
    const { challenge } = await open(hub)
    const authorization = `Authorization: Bearer ${hub.backend()}\r\n`
    wire.say(`GET /v1/challenges/${challenge}/poll HTTP/1.1\r\nHost: x\r\n${authorization}\r\n`)
    await watched(hub, 1)
    wire.say(handshake())
    const { answers, closed } = await wire.listen()
    expect({ answers, closed }).toEqual({ answers: [], closed: true })
    await watched(hub, 0)
    expect((await poll(hub, challenge, 'pollRetries=0')).status).toBe(200)
  })

  it('is a request that does not end in time', async () => {
    const server = createServer({ headersTimeout: 100, requestTimeout: 100, connectionsCheckingInterval: 20 })
    serveHttp(server, (_request, response) => void response.end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const wire = await openWire((server.address() as AddressInfo).port)
    wire.say('POST / HTTP/1.1\r\nHost: x\r\nContent-Le')
    expectRefused(await wire.listen(), 'request_timeout')
    server.close()
  })
})

it('an expectation nobody knows is not met, and the request answered', async () => {
  const { answers } = await say('GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: a miracle\r\n\r\n', 1)
  expect(answers.map(({ status }) => status)).toEqual([200])
})

describe('a handshake of a WebSocket', () => {
  it('is taken', async () => {
    const wire = await openWire()
    wire.say(handshake({ headers: { 'Sec-WebSocket-Protocol': 'one, two' } }))
    expect((await wire.listen()).answers.map(({ status }) => status)).toEqual([101])
  })

  it.each<[string, Parameters<typeof handshake>[0], ErrorCode]>([
    ['at another path', { path: '/v1/stats' }, 'not_found'],
    ['of an older Engine.IO', { path: '/socket.io/?EIO=3&transport=websocket' }, 'invalid_request'],
    ['that says both', { path: '/socket.io/?EIO=4&EIO=3&transport=websocket' }, 'invalid_request'],
    ['of another transport', { path: '/socket.io/?EIO=4&transport=polling' }, 'invalid_request'],
    ['of a session there is not', { path: '/socket.io/?EIO=4&transport=websocket&sid=__proto__' }, 'invalid_request'],
    ['that says nothing', { path: '/socket.io/' }, 'invalid_request'],
    ['by POST', { method: 'POST', headers: { 'Content-Length': '0' } }, 'invalid_request'],
    ['without a key', { headers: { 'Sec-WebSocket-Key': undefined } }, 'invalid_request'],
    ['with a bad key', { headers: { 'Sec-WebSocket-Key': 'short' } }, 'invalid_request'],
    ['of an older version', { headers: { 'Sec-WebSocket-Version': '8' } }, 'invalid_request'],
    ['with bad subprotocols', { headers: { 'Sec-WebSocket-Protocol': 'one,,two' } }, 'invalid_request'],
    ['with one subprotocol twice', { headers: { 'Sec-WebSocket-Protocol': 'one, one' } }, 'invalid_request'],
  ])('is refused in words: %s', async (_what, parts, code) => expectRefused(await say(handshake(parts)), code))
})

describe('an offer of another protocol', () => {
  const OFFER = { Upgrade: 'h2c', Connection: 'Upgrade, HTTP2-Settings', 'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA' }
  const ask = (method: string, path: string, body = '', headers: Record<string, string> = {}) => {
    const length = body === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(body.length) }
    const plain = { 'Sec-WebSocket-Key': undefined, 'Sec-WebSocket-Version': undefined }
    return handshake({ method, path, headers: { ...plain, ...OFFER, ...length, ...headers } }) + body
  }

  it('is not taken up: the request is answered, and so is the next', async () => {
    const wire = await openWire()
    const headers = { Authorization: `Bearer ${hub.backend()}` }
    for (let round = 0; round < 3; round++) {
      wire.say(ask('POST', '/v1/challenges', '{"updatedByFlowId":"offered"}', headers))
      const { answers } = await wire.listen({ answers: 1 })
      expect(answers.map(({ status }) => status)).toEqual([201])
      expect(answers[0]?.body).toContain('"offered"')
    }
    wire.say(ask('GET', '/v1/stats', '', { ...headers, Connection: 'Upgrade, HTTP2-Settings, close' }))
    const { answers, closed } = await wire.listen()
    expect({ statuses: answers.map(({ status }) => status), closed }).toEqual({ statuses: [200], closed: true })
  })

  it('made again and again over one connection is one connection, and nobody else is shut out', async () => {
    const warnings: string[] = []
    process.on('warning', ({ message }) => warnings.push(message))
    const narrow = await startHub({ LIMIT_CONNECTIONS: '4' })
    const wire = await openWire(Number(new URL(narrow.url).port))
    for (let round = 0; round < 30; round++) {
      wire.say(ask('GET', '/healthz'))
      const { answers } = await wire.listen({ answers: 1 })
      expect(answers.map(({ status }) => status)).toEqual([200])
    }
    expect((await fetch(`${narrow.url}/healthz`)).status).toBe(200)
    expect(warnings).toEqual([])
    await narrow.stop()
  })

  it('with a long body is answered, whenever the body comes', async () => {
    const wire = await openWire()
    const body = JSON.stringify({ claimsNameValuePairs: [{ name: 'n', value: 'v'.repeat(900) }] }).padEnd(60_000)
    const bytes = ask('POST', '/v1/challenges', body, { Authorization: `Bearer ${hub.backend()}` })
    wire.say(bytes.slice(0, 1_000))
    await new Promise((resolve) => setTimeout(resolve, 20))
    wire.say(bytes.slice(1_000))
    expect((await wire.listen({ answers: 1 })).answers.map(({ status }) => status)).toEqual([201])
  })
})

it('over plain HTTP there is nothing where WebSockets are taken, and nothing goes wrong there', async () => {
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`
  for (const path of ['/socket.io/', '/socket.io/?EIO=4&transport=polling', '/socket.io/socket.io.js']) {
    expectRefused(await say(request(path)), 'invalid_request')
  }
})

it.each(['Range: bytes=99999999-', 'If-Match: "x"', 'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT'])(
  'a file asked for on a condition that it does not meet is refused: %s',
  async (header) => {
    const heard = await say(`GET /assent.js HTTP/1.1\r\nHost: x\r\n${header}\r\nConnection: close\r\n\r\n`)
    expectRefused(heard, 'invalid_request')
  },
)
