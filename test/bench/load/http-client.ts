import { Agent, request } from 'node:http'

export interface Answer {
  status: number
  body: string
}

const ANSWER_LIMIT_MS = 15_000
/** Below the five seconds after which Node's own server hangs up: a request must not meet that goodbye halfway. */
const IDLE_CONNECTION_MS = 3_000

/** HTTP over kept-alive connections to one port. */
export class HttpClient {
  readonly #port: number
  readonly #headers: Record<string, string>
  readonly #agent: Agent

  constructor(port: number, connections: number, headers: Record<string, string> = {}) {
    this.#port = port
    this.#headers = headers
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: IDLE_CONNECTION_MS })
  }

  send(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers: Record<string, string | number> = { ...this.#headers }
    if (text !== undefined) {
      headers['content-type'] = 'application/json'
      headers['content-length'] = Buffer.byteLength(text)
    }
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: this.#port, method, path, headers, agent: this.#agent, timeout: ANSWER_LIMIT_MS },
        (response) => {
          let answer = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            answer += chunk
          })
          response.once('end', () => resolve({ status: response.statusCode ?? 0, body: answer }))
          response.once('error', reject)
        },
      )
      asked.once('error', reject)
      asked.once('timeout', () => asked.destroy(new Error(`no answer to ${method} ${path}`)))
      asked.end(text)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** The answer's JSON, or an error that names what was asked. */
export async function expecting<T>(status: number, what: string, asked: Promise<Answer>): Promise<T> {
  const answer = await asked
  if (answer.status !== status) throw new Error(`${what}: ${answer.status} ${answer.body.slice(0, 200)}`)
  return JSON.parse(answer.body) as T
}
