import { type Packet, PacketType } from 'socket.io-parser'
import type { Departure } from '../challenge/departure.ts'
import { toHubError } from '../errors.ts'
import { answer } from './acknowledge.ts'
import { type Admission, type Admitted, type Keep, letIn, toConnectError } from './admission.ts'
import type { Link, Seat } from './link.ts'
import type { LinkHouse, LinkSocket } from './link-socket.ts'
import { comesInPieces, PacketReader, Packets } from './packets.ts'

/** What is particular about a namespace. */
export interface LinkService<Entry> {
  readonly name: string
  readonly seat: Seat
  /** The door: throws what whoever may not come in is told. */
  admit(auth: unknown, keep: Keep): Promise<Entry>
  /** Gives back what was prepared for somebody who has gone meanwhile. */
  release(entry: Entry): void
  /** Makes the socket of somebody who is let in. */
  open(link: Link, house: LinkHouse): LinkSocket<Entry>
}

/** A namespace that is served on the links themselves, whatever it serves. */
export interface NamespaceOnLinks {
  /** Those who have been let in. */
  readonly sockets: ReadonlySet<LinkSocket<never>>
  /** Whether a message is for this namespace. */
  takes(message: string): boolean
  /** Hears a message for this namespace, or bytes that belong to one. */
  hear(link: Link, piece: string | Buffer): void
  /** Asks everyone to connect elsewhere, each at a moment of its own. */
  sendAway(): void
}

/**
 * A namespace of Socket.IO's to whoever speaks to it, yet served on the link itself. Of pages there are far more than of
 * anyone else, and backends say far more: Socket.IO's layers would be most of what they cost.
 */
export class LinkNamespace<Entry> implements NamespaceOnLinks {
  readonly #service: LinkService<Entry>
  readonly #admission: Admission
  readonly #departure: Departure
  readonly #house: LinkHouse
  /** Of messages that come whole. */
  readonly #reader = new PacketReader()

  constructor(service: LinkService<Entry>, admission: Admission, departure: Departure) {
    this.#service = service
    this.#departure = departure
    this.#admission = admission
    this.#house = {
      packets: new Packets(service.name),
      connections: admission.connections,
      seat: service.seat,
      sockets: new Set(),
    }
  }

  get sockets(): ReadonlySet<LinkSocket<never>> {
    return this.#house.sockets
  }

  takes(message: string): boolean {
    return this.#house.packets.areIn(message)
  }

  /** Whoever says what cannot be said loses the link, as everywhere in Socket.IO. */
  hear(link: Link, piece: string | Buffer): void {
    const packet = this.#read(link, piece)
    if (packet === 'more to come') return
    const socket = link[this.#service.seat]
    if (packet === 'malformed') link.close()
    else if (packet.type === PacketType.CONNECT) this.#connect(link, packet.data ?? {})
    else if (packet.type === PacketType.EVENT && socket?.isHere) this.#serve(socket, packet)
    else if (packet.type === PacketType.DISCONNECT && socket?.isHere) socket.leave()
    // The hub never asks for one.
    else if (packet.type !== PacketType.ACK || !socket?.isHere) link.close()
  }

  sendAway(): void {
    for (const socket of this.sockets) this.#sendAway(socket)
  }

  #sendAway(socket: LinkSocket<never>): void {
    socket.emit('moving', { afterMs: this.#departure.delay() })
  }

  #read(link: Link, piece: string | Buffer): Packet | 'more to come' | 'malformed' {
    if (typeof piece === 'string' && comesInPieces(piece)) {
      link.assembly ??= { reader: new PacketReader(), hear: (bytes) => this.hear(link, bytes) }
    }
    const packet = (link.assembly?.reader ?? this.#reader).read(piece)
    if (packet !== 'more to come') link.assembly = undefined
    return packet
  }

  #connect(link: Link, auth: unknown): void {
    const { seat } = this.#service
    const wish = fingerprint(auth)
    // Socket.IO's client asks twice when it shares a connection that is open already. It has its answer, or gets it. Whoever
    // changes their mind before they were let in, on the other hand, says nothing of that, and asks for something else.
    if (link[seat]?.wish === wish) return
    link[seat]?.leave()
    const socket = this.#service.open(link, this.#house)
    socket.wish = wish
    link[seat] = socket
    this.#letIn(socket, auth).catch((error) => {
      this.#admission.onError(error)
      link.terminate()
    })
  }

  async #letIn(socket: LinkSocket<Entry>, auth: unknown): Promise<void> {
    const { link } = socket
    const { packets, connections, seat } = this.#house
    const isWanted = () => link[seat] === socket
    const prepare = async (keep: Keep) => this.#service.admit(auth, keep)
    let admitted: Admitted<Entry> | undefined
    try {
      admitted = await letIn(link, this.#admission, prepare, (entry) => this.#service.release(entry))
    } catch (error) {
      if (!isWanted()) return
      link[seat] = undefined
      connections.send(link, packets.connectError(toConnectError(toHubError(error))))
    }
    if (!admitted) return
    if (!isWanted()) {
      this.#service.release(admitted.entry)
      return admitted.letGo()
    }
    socket.enter(admitted.entry, admitted.letGo)
    // It was at the door when everyone else was told.
    if (this.#departure.begun) this.#sendAway(socket)
  }

  #serve(socket: LinkSocket<never>, { data, id }: Packet): void {
    // An event may be nothing at all: then it has no name either.
    const [name, ...words] = (data ?? []) as readonly unknown[]
    const handle = socket.handlerOf(String(name))
    // Without an acknowledgement there is nobody to tell how it went, so nothing is done.
    if (!handle || id === undefined) return
    const { link } = socket
    const { packets, connections } = this.#house
    void answer(
      link,
      (given) => connections.send(link, packets.acknowledgement(id, given)),
      async () => handle(words[0]),
      this.#admission,
    )
  }
}

/** Enough to tell two handshakes of one link apart, without keeping either. */
function fingerprint(auth: unknown): number {
  const text = JSON.stringify(auth) ?? ''
  let hash = text.length
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}
