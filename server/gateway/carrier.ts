import { EventEmitter } from 'node:events'
import type { Server, Socket } from 'socket.io'
import type { CarrierRequest, Link } from './link.ts'

type Conn = Socket['conn']
type Frame = readonly [data: Buffer, isBinary: boolean]
type Sent = (error?: Error) => void

/** As every handshake asks; whatever else it could say was refused before. */
const QUERY = { EIO: '4', transport: 'websocket' }

/**
 * What Engine.IO takes for its WebSocket: of one link, the frames that are for Socket.IO. Most links have none, and no
 * carrier.
 */
export class Carrier extends EventEmitter {
  readonly #link: Link
  /** Heard before Engine.IO listens. */
  #early: Frame[] | undefined = []
  #hasSaidOpen = false
  /** Bytes that wait in Engine.IO because the link takes no more. */
  held = 0

  constructor(link: Link) {
    super()
    this.#link = link
  }

  hear(...frame: Frame): void {
    if (this.#early) this.#early.push(frame)
    else this.emit('message', ...frame)
  }

  /** Engine.IO listens. */
  begin(): void {
    const early = this.#early ?? []
    this.#early = undefined
    for (const frame of early) this.emit('message', ...frame)
    if (!this.#link.isOpen) this.emit('close')
  }

  /* As Engine.IO uses a WebSocket: */

  send(frame: string | Buffer, sent: Sent): void {
    if (this.#hasSaidOpen) return this.#link.send(frame, sent)
    // The client was told so when the link began.
    this.#hasSaidOpen = true
    process.nextTick(sent)
  }

  close(): void {
    this.#link.close()
  }
}

/** Makes Engine.IO believe that a WebSocket has come. */
export function carry(link: Link, engine: Server['engine']): Carrier {
  const carrier = new Carrier(link)
  const request = { link, websocket: carrier, headers: {}, connection: {}, _query: QUERY }
  // biome-ignore lint/complexity/useLiteralKeys: private to it, and yet its one door for a WebSocket that is there already
  engine['onWebSocket'](request, undefined, carrier)
  return carrier
}

/** Sees to it that Engine.IO gives its connections the ids of their links, and hears what they have said so far. */
export function beginCarriers(engine: Server['engine']): void {
  engine.generateId = (request: unknown) => (request as CarrierRequest).link.id
  engine.on('connection', ({ request }: Conn) => (request as unknown as CarrierRequest).link.carrier?.begin())
}
