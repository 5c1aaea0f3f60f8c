import type { Server as HttpServer } from 'node:http'
import type { Socket } from 'node:net'
import { isProxy } from '../limits/client-address.ts'
import { OpenCounts } from '../limits/open-counts.ts'
import type { LimitSettings } from '../limits/settings.ts'

/** A page has a socket, and may ask over HTTP beside it: so many times as many links as connections are taken. */
const LINKS_PER_CONNECTION = 2

const COUNTED = Symbol('counted')

/**
 * Bounds what is open before anything has been said over it: a link that asks for nothing is no connection yet, but takes
 * a file and memory all the same. A trusted proxy brings everybody's, so only their sum is bounded there.
 */
export function gateLinks(server: HttpServer, settings: LimitSettings, trustProxy: readonly string[]): void {
  const most = settings.connections * LINKS_PER_CONNECTION
  let open = 0
  const perPeer = new OpenCounts(settings.connectionsPerAddress * LINKS_PER_CONNECTION)
  const isTrusted = isProxy(trustProxy)
  server.on('connection', (link: Socket & { [COUNTED]?: true }) => {
    // A connection is announced again when Node has taken it out of HTTP for an offer that is not taken up.
    if (link[COUNTED]) return
    link[COUNTED] = true
    // Not by `maxConnections`: a worker would hand the link back, and it would be offered to all of them without end.
    if (most > 0 && open >= most) return void link.destroy()
    const peer = link.remoteAddress
    const isCounted = peer !== undefined && !isTrusted(peer)
    if (isCounted && !perPeer.take(peer)) return void link.destroy()
    open += 1
    link.on('close', () => {
      open -= 1
      if (isCounted) perPeer.release(peer)
    })
  })
}
