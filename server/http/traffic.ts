import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** With the answer that is being written to it, if there is one. */
type Connection = Socket & { readonly _httpMessage?: ServerResponse | null }

/** What goes on at a server: its connections, and the requests being answered, so that it can end without cutting any short. */
export class Traffic {
  readonly #connections = new Set<Connection>()
  /**
   * Answers under way: a number, and no set of them. A set that small is made anew every few requests, and each that is
   * dropped keeps the next one for the collector, with the requests in it: it would have to copy nearly all that ever were.
   */
  #answers = 0
  #isEnding = false
  #whenAnswered: (() => void) | undefined

  /** @param server with all its listeners */
  constructor(server: Server) {
    const connections = this.#connections
    // One function for all: there are as many as pages.
    function forget(this: Socket): void {
      connections.delete(this)
    }
    server.on('connection', (connection) => {
      if (connections.has(connection)) return
      connections.add(connection)
      connection.on('close', forget)
    })
    // Before the answer begins.
    for (const event of ['request', 'checkExpectation']) {
      server.prependListener(event, (_request: IncomingMessage, response: ServerResponse) => this.#follow(response))
    }
  }

  /** From now on every answer ends its connection: whoever asks again asks another instance. */
  closeBehindAnswers(): void {
    this.#isEnding = true
    for (const { _httpMessage: response } of this.#connections) if (response) sendAway(response)
  }

  /** Resolves once no request waits for its answer. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#answers === 0) return resolve()
      this.#whenAnswered = resolve
    })
  }

  /** Ends what is left, whoever does not answer our goodbye included. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  #follow(response: ServerResponse): void {
    if (this.#isEnding) sendAway(response)
    this.#answers += 1
    response.once('close', this.#onAnswered)
  }

  readonly #onAnswered = (): void => {
    this.#answers -= 1
    if (this.#answers === 0) this.#whenAnswered?.()
  }
}

function sendAway(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}
