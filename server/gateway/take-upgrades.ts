import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Server } from 'socket.io'
import { WebSocketServer } from 'ws'
import { BatchedWebSocket, holdUntilTurnEnds } from './batched-websocket.ts'

/** Seconds. */
const SOONEST = 2
const LATEST = 10

/** What every handshake asks for that reaches this: whatever else it could say is refused before. */
const QUERY = { EIO: '4', transport: 'websocket' }

export interface UpgradeOptions {
  /** The largest frame taken. Bytes. */
  readonly maxPayload: number
  /** Whether a handshake can be taken at all. */
  readonly lets: (request: IncomingMessage) => boolean
}

/**
 * Takes the WebSockets of a server and hands them to Engine.IO. Engine.IO's own way keeps the request for as long as the
 * connection lives, and checks again what was checked. Whom the gate does not let through gets a bare 503, and no work is
 * done for them; everyone else who is refused is told why, once connected: a browser shows a page nothing of a failed upgrade.
 */
export function takeUpgrades(server: HttpServer, engine: Server['engine'], { maxPayload, lets }: UpgradeOptions): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    WebSocket: BatchedWebSocket,
  })
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!lets(request)) return refuse(socket)
    holdUntilTurnEnds(socket)
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      // As Engine.IO would have found it itself; it takes WebSockets of a server of its own in the same way.
      // biome-ignore lint/complexity/useLiteralKeys: private to it, and yet its one door for a WebSocket that is there already
      engine['onWebSocket'](Object.assign(request, { _query: QUERY }), socket, webSocket)
    })
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
