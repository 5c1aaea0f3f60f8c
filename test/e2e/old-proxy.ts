import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface OldProxy {
  readonly url: string
  /** How many upgrades it has refused. */
  readonly refused: number
  /** From now on upgrades pass, as after somebody has brought the proxy up to date. */
  modernize(): void
  stop(): Promise<void>
}

/** A reverse proxy as many an office still has one: it passes HTTP on, and has never heard of WebSocket. */
export async function startOldProxy(hubUrl: string): Promise<OldProxy> {
  const hub = new URL(hubUrl)
  const sockets = new Set<Duplex>()
  let refused = 0
  let isModern = false

  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming
    const upstream = request(new URL(url, hub), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })

  server.on('upgrade', (asked, socket) => {
    if (isModern) return passOn(asked, socket)
    refused++
    // The browser may have hung up already.
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })

  function passOn({ method, url, rawHeaders }: IncomingMessage, socket: Duplex): void {
    const upstream: Socket = connect(Number(hub.port), hub.hostname)
    const headers = rawHeaders.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('')
    upstream.write(`${method} ${url} HTTP/1.1\r\n${headers}\r\n`)
    socket.pipe(upstream).pipe(socket)
    for (const [one, other] of [[socket, upstream] as const, [upstream, socket] as const]) {
      sockets.add(one)
      one.on('error', () => one.destroy())
      one.on('close', () => other.destroy())
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get refused() {
      return refused
    },
    modernize() {
      isModern = true
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const socket of sockets) socket.destroy()
      }),
  }
}
