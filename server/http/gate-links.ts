import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import { isProxy } from '../limits/client-address.ts'
import { OpenCounts } from '../limits/open-counts.ts'
import type { LimitSettings } from '../limits/settings.ts'

/** A page has a socket, and may ask over HTTP beside it: so many times as many links as connections are taken. */
const LINKS_PER_CONNECTION = 2

/**
 * Bounds what is open before anything has been said over it: a link that asks for nothing is no connection yet, but takes
 * a file and memory all the same. A trusted proxy brings everybody's, so only their sum is bounded there.
 */
export function gateLinks(server: HttpServer, settings: LimitSettings, trustProxy: readonly string[]): void {
  if (settings.connections > 0) server.maxConnections = settings.connections * LINKS_PER_CONNECTION
  const perPeer = new OpenCounts(settings.connectionsPerAddress * LINKS_PER_CONNECTION)
  const isTrusted = isProxy(trustProxy)
  server.on('connection', (link: Socket) => {
    const peer = link.remoteAddress
    if (peer === undefined || isTrusted(peer)) return
    if (!perPeer.take(peer)) return void link.destroy()
    link.once('close', () => perPeer.release(peer))
  })
}
