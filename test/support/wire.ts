import { connect, type Socket } from 'node:net'

export interface WireAnswer {
  readonly status: number
  /** Names in lower case; of several of one name, all. */
  readonly headers: ReadonlyMap<string, readonly string[]>
  readonly body: string
}

/** What came of something said: every answer to it, and whether the connection was closed after them. */
export interface Heard {
  readonly answers: readonly WireAnswer[]
  readonly closed: boolean
  /** Bytes behind the last answer: part of one more, or frames after a 101. */
  readonly rest: Buffer
}

export interface ListenOptions {
  /** Settled as soon as so many final answers have come, or the connection is closed. */
  readonly answers?: number
  /** Milliseconds after which nothing more is waited for. */
  readonly patience?: number
  /** The answers have no body: what was asked was a HEAD. */
  readonly head?: boolean
}

/** A TCP connection that says any bytes and reads answers in HTTP/1.1, without a client library to tidy up either. */
export class Wire {
  readonly #socket: Socket
  #bytes: Buffer = Buffer.alloc(0)
  #closed = false
  #look: () => void = () => undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => {
      this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
      this.#look()
    })
    const end = () => {
      this.#closed = true
      this.#look()
    }
    // A reset is one way to hang up.
    socket.on('error', end)
    socket.on('end', end)
    socket.on('close', end)
  }

  /** @param from which address of this machine to come from */
  static open(port: number, from?: string): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', ...(from !== undefined && { localAddress: from }) })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Wire(socket))
      })
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  say(bytes: string | Buffer): void {
    if (!this.#closed) this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  /** Reads what has come since it was last asked. */
  listen({
    answers: wanted = Number.POSITIVE_INFINITY,
    patience = 5_000,
    head = false,
  }: ListenOptions = {}): Promise<Heard> {
    const answers: WireAnswer[] = []
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer)
        this.#look = () => undefined
        const rest = this.#bytes
        this.#bytes = Buffer.alloc(0)
        resolve({ answers, closed: this.#closed, rest })
      }
      const timer = setTimeout(settle, patience)
      this.#look = () => {
        for (let next = this.#take(head); next; next = this.#take(head)) {
          // 100 Continue announces the answer, and is none.
          if (next.status !== 100) answers.push(next)
          if (next.status === 101) return settle()
        }
        if (this.#closed || answers.length >= wanted) settle()
      }
      this.#look()
    })
  }

  /** Everything from now on goes to somebody who speaks another protocol. */
  handOver(hear: (chunk: Buffer) => void, closed: () => void): void {
    this.#look = () => {
      const bytes = this.#bytes
      this.#bytes = Buffer.alloc(0)
      if (bytes.length > 0) hear(bytes)
      if (this.#closed) closed()
    }
    this.#look()
  }

  /** By a reset, which leaves no port behind that could not be used again for a while. */
  hangUp(): void {
    // Node never lets go of a socket that is reset while it is ending.
    if (this.#closed) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
    this.#closed = true
  }

  #take(head: boolean): WireAnswer | undefined {
    const parsed = parseAnswer(this.#bytes, head, this.#closed)
    if (!parsed) return undefined
    this.#bytes = this.#bytes.subarray(parsed.length)
    return parsed.answer
  }
}

/** One answer from the beginning of these bytes; undefined while it is not complete, or when it is none. */
function parseAnswer(
  bytes: Buffer,
  head: boolean,
  closed: boolean,
): { answer: WireAnswer; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1])
  if (Number.isNaN(status)) return undefined
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  const from = end + 4
  const bodiless = head || status < 200 || status === 204 || status === 304
  const length = bodiless
    ? 0
    : Number(headers.get('content-length')?.[0] ?? (closed ? bytes.length - from : Number.NaN))
  // Nothing of the hub's is chunked: an answer that is never becomes complete here, and is seen to be missing.
  if (Number.isNaN(length) || bytes.length < from + length) return undefined
  return { answer: { status, headers, body: bytes.toString('utf8', from, from + length) }, length: from + length }
}
