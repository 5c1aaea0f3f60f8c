import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { eventually } from '../support/eventually.ts'
import { HttpClient } from './load/http-client.ts'
import { Ledger } from './load/ledger.ts'
import { connectPlainPage } from './load/plain-page.ts'

/** A server that says what a test wants, to the generator's own pages and requests. */
let server: Server
let port: number
let sockets: WebSocket[]
/** Connections of this test; those of the one before may still be closing. */
let open: Set<Socket>

beforeEach(async () => {
  sockets = []
  const links = new Set<Socket>()
  open = links
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const answer = JSON.stringify({ method: request.method, path: request.url, own: request.headers.own, body })
      response.writeHead(200, { 'Content-Length': Buffer.byteLength(answer) }).end(answer)
    })
  })
  server.on('connection', (socket) => {
    links.add(socket)
    socket.once('close', () => links.delete(socket))
  })
  const pages = new WebSocketServer({ server })
  pages.on('connection', (socket) => {
    sockets.push(socket)
    socket.send(JSON.stringify({ challengeStatus: 'started', isChallengeComplete: false }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  for (const socket of sockets) socket.terminate()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function say(challengeStatus: string): void {
  sockets.at(-1)?.send(JSON.stringify({ challengeStatus, isChallengeComplete: false }))
}

const connect = () => connectPlainPage({ port, path: '/', isGreeted: true })

describe('the ledger', () => {
  it('times what arrives, and counts what a page hears again or was never meant for', async () => {
    const ledger = new Ledger()
    const page = ledger.follow(await connect())
    const word = ledger.word()
    const arrival = ledger.expect(page, word)
    say(word)
    expect(await arrival).toBeGreaterThan(0)
    expect(ledger.twice).toBe(0)

    say(word)
    await eventually(() => ledger.twice === 1)
    // How things stood when it came is no news, either.
    say('started')
    await eventually(() => ledger.twice === 2)
    page.close()
  })

  it('calls lost what reaches another page', { timeout: 15_000 }, async () => {
    const ledger = new Ledger()
    const [page, other] = [ledger.follow(await connect()), ledger.follow(await connect())]
    const word = ledger.word()
    const arrival = ledger.expect(page, word)
    say(word)
    expect(await arrival).toBeUndefined()
    expect(ledger.twice).toBe(1)
    page.close()
    other.close()
  })
})

describe('a page', () => {
  it('leaves with the closing handshake, or without a word', async () => {
    const leaving = await connect()
    const left = new Promise<number>((resolve) => sockets.at(-1)?.once('close', resolve))
    leaving.close()
    // 1005: a goodbye without a code; 1006: none at all.
    expect(await left).toBe(1005)

    const dropped = await connect()
    const gone = new Promise<number>((resolve) => sockets.at(-1)?.once('close', resolve))
    dropped.drop()
    expect(await gone).toBe(1006)
    await eventually(() => open.size === 0)
  })
})

describe('the HTTP client', () => {
  it('says and hears every byte, over as many connections as it may have', async () => {
    const http = new HttpClient(port, 3, { own: 'mine' })
    const bodies = Array.from({ length: 20 }, (_, index) => ({ text: `ä${'x'.repeat(index * 5_000)}` }))
    const answers = await Promise.all(bodies.map((body) => http.send('PATCH', '/a', body)))
    for (const [index, { status, body }] of answers.entries()) {
      expect(status).toBe(200)
      const expected = { method: 'PATCH', path: '/a', own: 'mine', body: JSON.stringify(bodies[index]) }
      expect(JSON.parse(body)).toEqual(expected)
    }
    expect(open.size).toBe(3)
    http.close()
    await eventually(() => open.size === 0)
  })

  it('takes another connection where the server wants each to be for one request', async () => {
    const http = new HttpClient(port, 2)
    server.prependListener('request', (_request, response) => response.setHeader('Connection', 'close'))
    const answers = await Promise.all(Array.from({ length: 6 }, () => http.send('GET', '/a')))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    await eventually(() => open.size === 0)
    http.close()
  })

  it('fails what a server hangs up on, and goes on with the next', async () => {
    const http = new HttpClient(port, 1)
    server.once('request', (request) => request.socket.destroy())
    await expect(http.send('GET', '/a')).rejects.toThrow()
    expect((await http.send('GET', '/b')).status).toBe(200)
    http.close()
  })
})
