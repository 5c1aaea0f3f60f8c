import { type Answer, HttpConnection } from './http-connection.ts'

/** Below the five seconds after which Node's own server hangs up: a request must not meet that goodbye halfway. */
const IDLE_CONNECTION_MS = 3_000

/** HTTP over so many kept-alive connections to one port; whoever comes when all are busy waits for the next that is free. */
export class HttpClient {
  readonly #port: number
  readonly #fixed: string
  readonly #free: HttpConnection[] = []
  readonly #queue: ((connection: HttpConnection) => void)[] = []
  /** How many more connections may be opened. */
  #left: number

  constructor(port: number, connections: number, headers: Record<string, string> = {}) {
    this.#port = port
    this.#left = connections
    const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#fixed = ` HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${own.join('')}`
  }

  /** @param more headers of this request alone, each with its line's end */
  async send(method: string, path: string, body?: unknown, more = ''): Promise<Answer> {
    const connection = await this.#take()
    try {
      return await connection.send(`${method} ${path}${this.#fixed}${more}${toBody(body)}`)
    } finally {
      this.#giveBack(connection)
    }
  }

  close(): void {
    this.#left = 0
    for (const connection of this.#free.splice(0)) connection.close()
  }

  #take(): HttpConnection | Promise<HttpConnection> {
    for (let free = this.#free.pop(); free; free = this.#free.pop()) {
      if (!free.isOver && free.idle < IDLE_CONNECTION_MS) return free
      free.close()
      this.#left += 1
    }
    if (this.#left === 0) return new Promise((resolve) => this.#queue.push(resolve))
    this.#left -= 1
    return new HttpConnection(this.#port)
  }

  #giveBack(connection: HttpConnection): void {
    const next = this.#queue.shift()
    if (next) next(connection.isOver ? new HttpConnection(this.#port) : connection)
    else if (connection.isOver) this.#left += 1
    else this.#free.push(connection)
  }
}

function toBody(body: unknown): string {
  if (body === undefined) return '\r\n'
  const text = JSON.stringify(body)
  return `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}

/** The answer, or an error that names what was asked. */
export async function answering(status: number, what: string, asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked
  if (answer.status !== status) throw new Error(`${what}: ${answer.status} ${answer.body.slice(0, 200)}`)
  return answer
}

/** The answer's JSON. */
export async function expecting<T>(status: number, what: string, asked: Promise<Answer>): Promise<T> {
  return JSON.parse((await answering(status, what, asked)).body) as T
}
