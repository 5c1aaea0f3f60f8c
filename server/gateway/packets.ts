import { Decoder, type Packet } from 'socket.io-parser'
import type { Refused } from '../protocol/events.ts'

/** A packet within an Engine.IO message: type, namespace, and what belongs to it. */
export type WrittenPacket = string & { readonly written?: never }

/** Of Engine.IO. */
const MESSAGE = '4'
const NAMESPACE_AT = 2
/** An event and an acknowledgement with bytes among them, which follow. */
const BINARY = ['5', '6']
/** Besides those: connect, disconnect, event, acknowledgement. All else is only said by the hub. */
const WHOLE = ['0', '1', '2', '3']

/**
 * What is said in one namespace, in Socket.IO's protocol, revision 5. Read by its own decoder; written by hand, for its
 * encoder would search everything for buffers, and write anew for everyone what many hear.
 */
export class Packets {
  readonly disconnected: WrittenPacket
  readonly #namespace: string

  constructor(namespace: string) {
    this.#namespace = namespace
    this.disconnected = `${MESSAGE}1${namespace},`
  }

  connected(socketId: string): WrittenPacket {
    return `${MESSAGE}0${this.#namespace},{"sid":"${socketId}"}`
  }

  connectError({ message, data }: { readonly message: string; readonly data: unknown }): WrittenPacket {
    return `${MESSAGE}4${this.#namespace},${JSON.stringify({ message, data })}`
  }

  acknowledgement(id: number, answer: { readonly ok: true } | Refused): WrittenPacket {
    return `${MESSAGE}3${this.#namespace},${id}${JSON.stringify([answer])}`
  }

  event(name: string, body: object): WrittenPacket {
    return `${MESSAGE}2${this.#namespace},${JSON.stringify([name, body])}`
  }

  /** Whether a message is one for this namespace. */
  areIn(message: string): boolean {
    if (message[0] !== MESSAGE) return false
    // How many pieces follow stands before the namespace: `452-/waiting`.
    const at = comesInPieces(message)
      ? message.indexOf('-') + 1
      : WHOLE.includes(message[1] as string)
        ? NAMESPACE_AT
        : 0
    if (!message.startsWith(this.#namespace, at)) return false
    const end = message[at + this.#namespace.length]
    return end === undefined || end === ','
  }
}

/** Whether bytes follow that belong to it: then it needs a reader of its own. */
export function comesInPieces(message: string): boolean {
  return BINARY.includes(message[1] as string)
}

/** Reads messages. */
export class PacketReader {
  readonly #decoder = new Decoder()
  #packet: Packet | undefined

  constructor() {
    this.#decoder.on('decoded', (packet: Packet) => {
      this.#packet = packet
    })
  }

  /** @param piece a message, or bytes that belong to the one before */
  read(piece: string | Buffer): Packet | 'more to come' | 'malformed' {
    this.#packet = undefined
    try {
      this.#decoder.add(typeof piece === 'string' ? piece.slice(1) : piece)
    } catch {
      // The decoder throws for nothing else.
      return 'malformed'
    }
    return this.#packet ?? 'more to come'
  }
}
