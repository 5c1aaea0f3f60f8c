import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { HubError } from '../errors.ts'
import { writtenProblem } from './problem.ts'

/** Where the gateway listens; Engine.IO looks for the same beginning. */
const PATH = '/socket.io/'
/** As Socket.IO's clients ask. */
const USUAL = `${PATH}?EIO=4&transport=websocket`
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/
/** Headers of one connection that speak of the upgrade. */
const OFFER = ['upgrade', 'http2-settings']

/** With the answer that is being written to it, if there is one. */
type Connection = Duplex & { readonly _httpMessage?: ServerResponse | null }
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/**
 * Hands over to the gateway the WebSockets it will take, and refuses others in the shape every refusal has. Any other
 * offer is not taken up: the request is answered as if it had not been made (RFC 9110, 7.8). Many HTTP clients offer
 * HTTP/2 in passing, and mean their request.
 */
export function sortUpgrades(server: Server): void {
  const gateway = server.listeners('upgrade') as Upgrade[]
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request, socket: Connection, head) => {
    // Sent before the answer to an earlier request has gone out: the two would run into each other.
    if (socket._httpMessage) return void socket.destroy()
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') return decline(server, request, socket, head)
    const fault = findFault(request)
    if (!fault) for (const take of gateway) take.call(server, request, socket, head)
    else refuse(socket, fault)
  })
}

function findFault({ method, url = '', headers }: IncomingMessage): HubError | undefined {
  if (!url.startsWith(PATH)) return new HubError('not_found', 'There is no WebSocket here.')
  const version = headers['sec-websocket-version']
  if (method !== 'GET' || !WEBSOCKET_KEY.test(headers['sec-websocket-key'] ?? '') || version !== '13') {
    return new HubError('invalid_request', 'This is no handshake of a WebSocket, version 13.')
  }
  if (!isTokenList(headers['sec-websocket-protocol'])) {
    return new HubError('invalid_request', 'The header Sec-WebSocket-Protocol is not well formed.')
  }
  if (url !== USUAL && !asksForWebSocket(url)) {
    return new HubError('invalid_request', 'Only Engine.IO 4 over WebSocket is taken here: ?EIO=4&transport=websocket.')
  }
  return undefined
}

function asksForWebSocket(url: string): boolean {
  // Of what is said twice, the last counts.
  const query = Object.fromEntries(new URL(url, 'http://hub').searchParams)
  return query.EIO === '4' && query.transport === 'websocket' && !query.sid
}

function isTokenList(header: string | undefined): boolean {
  if (header === undefined) return true
  const tokens = header.split(',').map((token) => token.trim())
  return new Set(tokens).size === tokens.length && tokens.every((token) => /^[\w!#$%&'*+.^`|~-]+$/.test(token))
}

function refuse(socket: Duplex, fault: HubError): void {
  // Whoever hangs up meanwhile need not be told.
  socket.on('error', () => socket.destroy())
  socket.end(writtenProblem(fault), () => socket.destroy())
}

/** Node has taken the connection out of HTTP for the offer: the request is put back without it, and read again. */
function decline(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`]
  const { rawHeaders } = request
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    const value = rawHeaders[at + 1] ?? ''
    if (name === 'connection') lines.push(`Connection: ${withoutOffer(value)}`)
    else if (!OFFER.includes(name)) lines.push(`${rawHeaders[at]}: ${value}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

function withoutOffer(options: string): string {
  const kept = options.split(',').filter((option) => !OFFER.includes(option.trim().toLowerCase()))
  return kept.join(',').trim() || 'keep-alive'
}
