import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { holdUntilTurnEnds } from './batched-websocket.ts'
import { Link } from './link.ts'

/** Seconds. */
const SOONEST = 2
const LATEST = 10

export interface UpgradeOptions {
  /** The largest frame taken. Bytes. */
  readonly maxPayload: number
  /** Whether a handshake can be taken at all. */
  readonly lets: (request: IncomingMessage) => boolean
  readonly begin: (link: Link, request: IncomingMessage) => void
}

/**
 * Takes the WebSockets of a server, instead of Engine.IO, which would check again what was checked and keep the request for
 * as long as the connection lives. Whom the gate does not let through gets a bare 503, and no work is done for them;
 * everyone else who is refused is told why, once connected: a browser shows a page nothing of a failed upgrade.
 */
export function takeUpgrades(server: HttpServer, { maxPayload, lets, begin }: UpgradeOptions): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    WebSocket: Link,
  })
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!lets(request)) return refuse(socket)
    holdUntilTurnEnds(socket)
    webSockets.handleUpgrade(request, socket, head, (link) => begin(link, request))
  })
}

function refuse(socket: Duplex): void {
  const retryAfter = SOONEST + Math.floor(Math.random() * (LATEST - SOONEST + 1))
  // Whoever is gone already needs no answer.
  socket.on('error', () => socket.destroy())
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 503 Service Unavailable\r\nRetry-After: ${retryAfter}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  )
}
