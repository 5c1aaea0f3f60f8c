import { randomBytes } from 'node:crypto'
import { Wire } from '../support/wire.ts'

export interface FrameParts {
  /** 1: text, 2: binary, 0: more of it, 8: close, 9: ping, 10: pong; the rest is reserved. */
  readonly opcode?: number
  readonly last?: boolean
  /** The three reserved bits, as in the first byte. */
  readonly reserved?: number
  readonly masked?: boolean
  /** Says this length, whatever the payload has. */
  readonly length?: bigint
}

/** One WebSocket frame (RFC 6455, 5.2), right or wrong. */
export function frame(
  payload: Buffer,
  { opcode = 1, last = true, reserved = 0, masked = true, length }: FrameParts = {},
): Buffer {
  const said = length ?? BigInt(payload.length)
  const first = (last ? 0x80 : 0) | reserved | opcode
  const mask = masked ? randomBytes(4) : undefined
  const head = [Buffer.from([first, (masked ? 0x80 : 0) | lengthCode(said)]), lengthBytes(said)]
  if (!mask) return Buffer.concat([...head, payload])
  return Buffer.concat([...head, mask, payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))])
}

function lengthCode(length: bigint): number {
  return length < 126n ? Number(length) : length < 65_536n ? 126 : 127
}

function lengthBytes(length: bigint): Buffer {
  if (length < 126n) return Buffer.of()
  const bytes = Buffer.alloc(length < 65_536n ? 2 : 8)
  if (bytes.length === 2) bytes.writeUInt16BE(Number(length))
  else bytes.writeBigUInt64BE(length)
  return bytes
}

export function handshake(path = '/socket.io/?EIO=4&transport=websocket', more = ''): string {
  const key = randomBytes(16).toString('base64')
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: hub\r\n${upgrade}${more}\r\n`
}

/** A WebSocket that says any bytes, and writes down the texts it hears. */
export class RoughSocket {
  readonly heard: string[] = []
  readonly #wire: Wire
  #bytes: Buffer
  #closed = false
  #look: () => void = () => undefined

  private constructor(wire: Wire, rest: Buffer) {
    this.#wire = wire
    this.#bytes = rest
    const closed = () => {
      this.#closed = true
      this.#look()
    }
    wire.handOver((chunk) => this.#read(chunk), closed)
    this.#read(Buffer.of())
  }

  static async open(port: number, from?: string): Promise<RoughSocket> {
    const wire = await Wire.open(port, from)
    wire.say(handshake())
    const { answers, rest } = await wire.listen()
    if (answers.at(-1)?.status !== 101) throw new Error(`no WebSocket: ${answers.at(-1)?.status}`)
    return new RoughSocket(wire, rest)
  }

  get closed(): boolean {
    return this.#closed
  }

  /** A well-formed frame with this text. */
  say(text: string | Buffer): void {
    this.#wire.say(frame(Buffer.from(text)))
  }

  sayBytes(bytes: Buffer): void {
    this.#wire.say(bytes)
  }

  /** Resolves with a text that begins so, ever heard; undefined when the hub has hung up, or `patience` ms are over. */
  until(beginning: string, patience = 5_000): Promise<string | undefined> {
    return new Promise((resolve) => {
      const settle = (text: string | undefined) => {
        clearTimeout(timer)
        this.#look = () => undefined
        resolve(text)
      }
      const timer = setTimeout(() => settle(undefined), patience)
      this.#look = () => {
        const found = this.heard.find((text) => text.startsWith(beginning))
        if (found !== undefined || this.#closed) settle(found)
      }
      this.#look()
    })
  }

  hangUp(): void {
    this.#wire.hangUp()
  }

  #read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    for (let next = readFrame(this.#bytes); next; next = readFrame(this.#bytes)) {
      this.#bytes = this.#bytes.subarray(next.length)
      if (next.opcode === 1) this.heard.push(next.payload.toString())
      if (next.opcode === 8) this.#closed = true
    }
    this.#look()
  }
}

function readFrame(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | undefined {
  if (bytes.length < 2) return undefined
  const code = (bytes[1] ?? 0) & 0x7f
  const from = code === 126 ? 4 : code === 127 ? 10 : 2
  if (bytes.length < from) return undefined
  const size = code === 126 ? bytes.readUInt16BE(2) : code === 127 ? Number(bytes.readBigUInt64BE(2)) : code
  if (bytes.length < from + size) return undefined
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload: bytes.subarray(from, from + size), length: from + size }
}
