import { connect, type Socket } from 'node:net'

/** What a link tells its page. */
export interface LinkEvents {
  /** The upgrade was granted. */
  opened?(): void
  /** A text frame. */
  frame(text: string): void
  /** Nobody listens there. */
  refused(): void
  /** It is over; `bare`: the upgrade was answered with a status of HTTP, and nothing else. */
  closed(bare: number | undefined): void
}

const MASK = Buffer.from([0, 0, 0, 0])
const CLOSE = 8
const GOODBYE = Buffer.from([0x80 | CLOSE, 0x80, ...MASK])
const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket'

/**
 * A WebSocket by hand, for ten thousand at once: handshake, unfragmented text frames up to 64 KiB, and nothing else. A
 * general client costs several times as much as the hub it is meant to load.
 */
export class RawLink {
  readonly #socket: Socket
  readonly #events: LinkEvents
  #unread: Buffer = Buffer.alloc(0)
  #isUpgraded = false
  #isOver = false
  #bare: number | undefined

  constructor(port: number, events: LinkEvents, path = SOCKET_IO) {
    this.#events = events
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNREFUSED' || this.#isOver) return
      this.#isOver = true
      events.refused()
    })
    this.#socket.once('close', () => this.#end())
  }

  say(text: string): void {
    const body = Buffer.from(text)
    const head =
      body.length > 125
        ? Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255])
        : Buffer.from([0x81, 0x80 | body.length])
    this.#socket.write(Buffer.concat([head, MASK, body]))
  }

  /** Ends it with the closing handshake, as browsers do; what is still heard until its end is told. */
  close(): void {
    if (this.#isUpgraded) this.#socket.write(GOODBYE)
    else this.#socket.destroy()
  }

  /** Ends it, and tells nothing more. */
  drop(): void {
    this.#isOver = true
    this.#socket.destroy()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#events.closed(this.#bare)
  }

  #read(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    if (!this.#isUpgraded && !this.#readHandshake()) return
    for (let frame = this.#nextFrame(); frame !== undefined && !this.#isOver; frame = this.#nextFrame()) {
      this.#events.frame(frame)
    }
  }

  #readHandshake(): boolean {
    const end = this.#unread.indexOf('\r\n\r\n')
    if (end < 0) return false
    const status = Number(this.#unread.toString('latin1', 9, 12))
    this.#unread = this.#unread.subarray(end + 4)
    this.#isUpgraded = status === 101
    if (this.#isUpgraded) this.#events.opened?.()
    else {
      this.#bare = status
      this.#socket.destroy()
    }
    return this.#isUpgraded
  }

  /** The next whole frame's text; empty for one that is no text. A goodbye is returned by hanging up. */
  #nextFrame(): string | undefined {
    const unread = this.#unread
    if (unread.length < 2) return undefined
    const short = (unread[1] ?? 0) & 127
    const begin = short === 126 ? 4 : 2
    if (unread.length < begin) return undefined
    const end = begin + (short === 126 ? unread.readUInt16BE(2) : short)
    if (unread.length < end) return undefined
    this.#unread = unread.subarray(end)
    const kind = (unread[0] ?? 0) & 15
    if (kind === CLOSE) this.#socket.end()
    return kind === 1 ? unread.toString('utf8', begin, end) : ''
  }
}
