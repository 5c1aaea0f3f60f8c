import { randomUUID } from 'node:crypto'
import type { Socket } from 'socket.io'
import { BatchedWebSocket } from './batched-websocket.ts'
import type { Carrier } from './carrier.ts'
import type { LinkSocket } from './link-socket.ts'
import type { PacketReader } from './packets.ts'

/** Where a socket sits on its link. */
export type Seat = 'page' | 'publisher'

interface Assembly {
  readonly reader: PacketReader
  /** Takes the bytes that follow. */
  readonly hear: (bytes: Buffer) => void
}

/**
 * One connection of a client, however many namespaces are served over it, and what is known of it. There are very many of
 * them: little is kept.
 */
export class Link extends BatchedWebSocket {
  readonly id = randomUUID()
  /** The client's, as far as proxies can be trusted. */
  address = ''
  /** There were too many from its address when it came. */
  crowded = false
  /** It comes from a web page that may not connect. */
  foreign = false
  isBackend = false
  /** Within the second that began at `since`: frames heard, and events among them. */
  since = 0
  frames = 0
  events = 0
  /** Those that are asked at the same moment whether they are still there. */
  round: Set<Link> | undefined
  /** It was asked whether it is still there, and has not said a word since. */
  asked = false
  /** Since when more bytes than allowed wait for whoever reads it. Milliseconds, `performance.now()`; 0: they do not. */
  fullSince = 0
  /** How many sockets (one a namespace) share it. */
  sockets = 0
  /** Somebody has come in over it since the last heartbeat, or is there still. */
  entered = false
  /** How many events are being answered over it. */
  answering = 0
  /** Whether it closes once all are answered. */
  isClosing = false
  /** Its sockets in the namespaces that are served on the link itself. */
  page: LinkSocket<never> | undefined
  publisher: LinkSocket<never> | undefined
  /** A message to one of those that has not come whole yet. */
  assembly: Assembly | undefined
  /** What takes the rest of it to Socket.IO, once there is any. */
  carrier: Carrier | undefined

  /** A further socket shares it. */
  share(): void {
    this.sockets += 1
    this.entered = true
  }

  /**
   * When the hub sends a socket away, its connection is closed too, unless other namespaces are served over it. A client
   * that leaves by itself keeps its connection: it may be about to enter another namespace.
   */
  closeUnlessShared(): void {
    if (this.sockets === 0) this.close()
  }

  #hasEnded = false

  get isOpen(): boolean {
    return this.readyState === BatchedWebSocket.OPEN
  }

  /* For the hub it ends with its own goodbye, and not only when the other end has agreed. `ended` is told once. */

  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason)
    this.end()
  }

  override terminate(): void {
    super.terminate()
    this.end()
  }

  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.emit('ended')
  }
}

/** What Engine.IO takes for the request of a connection. */
export interface CarrierRequest {
  readonly link: Link
}

/** The link that Socket.IO's side of things goes over. */
export function linkOf(conn: Socket['conn']): Link {
  return (conn.request as unknown as CarrierRequest).link
}
