import type { Server as HttpServer, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** Seconds. */
const SOONEST = 2
const LATEST = 10

/**
 * Puts a gate before whoever serves upgrades by now: those it does not let through get a bare 503, and no work is done for
 * them. Everyone else who is refused is told why, once connected; a browser shows a page nothing of a failed upgrade.
 */
export function gateUpgrades(server: HttpServer, lets: (request: IncomingMessage) => boolean): void {
  const serve = server.listeners('upgrade')
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!lets(request)) return refuse(socket)
    for (const each of serve) each.call(server, request, socket, head)
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
