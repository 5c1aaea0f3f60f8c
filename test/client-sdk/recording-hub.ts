import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Recorder } from '../support/recorder.ts'

/** One request as it arrived. */
export interface Recorded {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Writes down what it is asked, and answers what it is told to. */
export class RecordingHub {
  readonly calls = new Recorder<Recorded>()
  /** What the next calls get, one each; `cut`: nobody answers. */
  readonly answers: (Answer | 'cut')[] = []
  /** What all others get. */
  answer: Answer = { body: {} }
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const { method = '', url = '' } = request
    const headers = request.headers as Record<string, string>
    this.calls.listen({ method, url, headers, body: text === '' ? undefined : JSON.parse(text) })
    const answer = this.answers.shift() ?? this.answer
    if (answer === 'cut') return request.socket.destroy()
    const { status = 200, headers: own, body } = answer
    const type = status < 400 ? 'application/json' : 'application/problem+json'
    response.writeHead(status, { ...(body !== undefined && { 'content-type': type }), ...own })
    return response.end(body === undefined ? undefined : JSON.stringify(body))
  })

  static async start(): Promise<RecordingHub> {
    const hub = new RecordingHub()
    await new Promise<void>((resolve) => hub.#server.listen(0, '127.0.0.1', resolve))
    return hub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
