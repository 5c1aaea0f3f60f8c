import { connect, type Socket } from 'node:net'

export interface Answer {
  status: number
  body: string
}

interface Asked {
  resolve(answer: Answer): void
  reject(error: Error): void
}

const ANSWER_LIMIT_MS = 15_000

/**
 * One kept-alive HTTP/1.1 connection, one request at a time, by hand: Node's own client takes longer for a request than the
 * lightest server here for its answer, and would be what is measured. Reads answers that say their length, and no others.
 */
export class HttpConnection {
  readonly #socket: Socket
  #unread: Buffer = Buffer.alloc(0)
  #asked: Asked | undefined
  /** One for the connection, looked at when it is over, instead of one for each request. */
  readonly #watch: NodeJS.Timeout
  #askedAt = 0
  #idleSince = performance.now()
  #isOver = false

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', (chunk) => this.#read(chunk))
    this.#socket.once('error', (error) => this.#end(error))
    this.#socket.once('close', () => this.#end(new Error('the server hung up')))
    this.#watch = setInterval(() => this.#look(), ANSWER_LIMIT_MS / 5).unref()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** How long nothing has been asked. Milliseconds. */
  get idle(): number {
    return performance.now() - this.#idleSince
  }

  send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject }
      this.#askedAt = performance.now()
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#end(new Error('closed'))
  }

  #look(): void {
    if (this.#asked && performance.now() - this.#askedAt > ANSWER_LIMIT_MS) this.#end(new Error('no answer'))
  }

  #end(error: Error): void {
    this.#isOver = true
    clearInterval(this.#watch)
    this.#socket.destroy()
    this.#asked?.reject(error)
    this.#asked = undefined
  }

  #read(chunk: Buffer): void {
    this.#unread = this.#unread.length === 0 ? chunk : Buffer.concat([this.#unread, chunk])
    const end = this.#unread.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#unread.toString('latin1', 0, end)
    const status = Number(head.slice(9, 12))
    const length = status === 204 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN)
    if (Number.isNaN(length)) return this.#end(new Error(`an answer without a length: ${head}`))
    if (this.#unread.length < end + 4 + length) return
    const body = this.#unread.toString('utf8', end + 4, end + 4 + length)
    this.#unread = this.#unread.subarray(end + 4 + length)
    this.#idleSince = performance.now()
    const asked = this.#asked
    this.#asked = undefined
    asked?.resolve({ status, body })
    if (/\r\nconnection: *close/i.test(head)) this.close()
  }
}
