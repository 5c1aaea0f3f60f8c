import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What goes on at a server: its connections, and the requests being answered, so that it can end without cutting any short. */
export class Traffic {
  readonly #connections = new Set<Socket>()
  readonly #answers = new Set<ServerResponse>()
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
    for (const response of this.#answers) sendAway(response)
  }

  /** Resolves once no request waits for its answer. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#answers.size === 0) return resolve()
      this.#whenAnswered = resolve
    })
  }

  /** Ends what is left, whoever does not answer our goodbye included. */
  destroy(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  #follow(response: ServerResponse): void {
    if (this.#isEnding) sendAway(response)
    this.#answers.add(response)
    response.once('close', () => {
      this.#answers.delete(response)
      if (this.#answers.size === 0) this.#whenAnswered?.()
    })
  }
}

function sendAway(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close')
}
