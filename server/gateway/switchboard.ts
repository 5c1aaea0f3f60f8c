import type { IncomingMessage } from 'node:http'
import type { Server } from 'socket.io'
import type { WebSocket } from 'ws'
import { beginCarriers, carry } from './carrier.ts'
import type { Connections } from './connections.ts'
import { ANSWER_WITHIN_MS, ASK_EVERY_MS, Heartbeats } from './heartbeats.ts'
import type { Link } from './link.ts'
import type { NamespaceOnLinks } from './link-namespace.ts'

/** Engine.IO's answer to a heartbeat. */
const PONG = '3'.charCodeAt(0)

export interface SwitchboardOptions {
  readonly engine: Server['engine']
  /** Those that are served on the links themselves; Socket.IO has the others. */
  readonly namespaces: readonly NamespaceOnLinks[]
  readonly connections: Connections
  readonly onError: (error: unknown) => void
  /** The largest frame taken. Bytes. */
  readonly maxPayload: number
}

/**
 * Every link ends here: what is said over it goes to the namespaces that are served on links, or else to Socket.IO. Engine.IO's
 * part is done here for all of them, its greeting and its heartbeats; it sees only those over which something else is asked.
 */
export class Switchboard {
  readonly #engine: Server['engine']
  readonly #namespaces: readonly NamespaceOnLinks[]
  readonly #connections: Connections
  readonly #onError: (error: unknown) => void
  readonly #heartbeats = new Heartbeats()
  readonly #terms: string

  constructor({ engine, namespaces, connections, onError, maxPayload }: SwitchboardOptions) {
    this.#engine = engine
    this.#namespaces = namespaces
    this.#connections = connections
    this.#onError = onError
    const terms = { upgrades: [], pingInterval: ASK_EVERY_MS, pingTimeout: ANSWER_WITHIN_MS, maxPayload }
    this.#terms = JSON.stringify(terms).slice(1)
    beginCarriers(engine)
  }

  begin(link: Link, request: IncomingMessage): void {
    this.#connections.begin(link, request)
    this.#heartbeats.begin(link)
    link.on('message', this.#onMessage)
    link.on('ping', this.#onControl)
    link.on('pong', this.#onControl)
    link.on('ended', this.#onEnded)
    link.on('close', onClose)
    link.on('error', onClose)
    link.write(`0{"sid":"${link.id}",${this.#terms}`)
  }

  /** Ends every link. */
  close(): void {
    this.#heartbeats.stop()
    for (const link of this.#connections.all) link.close()
  }

  /* One function for all links, not one of its own for each: it is the link that is `this`. */

  readonly #onMessage = onLink((link, data: Buffer, isBinary: boolean) => {
    if (!this.#connections.hearFrame(link) || !link.isOpen) return
    link.asked = false
    try {
      this.#pass(link, data, isBinary)
    } catch (error) {
      // Nothing that somebody says may end the process.
      this.#onError(error)
      link.terminate()
    }
  })

  #pass(link: Link, data: Buffer, isBinary: boolean): void {
    if (isBinary && link.assembly) return link.assembly.hear(data)
    if (!isBinary) {
      if (data.length === 1 && data[0] === PONG) return
      const message = data.toString()
      for (const namespace of this.#namespaces) if (namespace.takes(message)) return namespace.hear(link, message)
    }
    link.carrier ??= carry(link, this.#engine)
    link.carrier.hear(data, isBinary)
  }

  /** The WebSocket's own pings are answered below this, and count like everything else that is said. */
  readonly #onControl = onLink((link) => {
    this.#connections.hearFrame(link)
  })

  readonly #onEnded = onLink((link) => {
    this.#heartbeats.end(link)
    this.#connections.end(link)
    link.page?.leave()
    link.publisher?.leave()
    link.carrier?.emit('close')
  })
}

const onClose = onLink((link) => link.end())

function onLink<Told extends unknown[]>(hear: (link: Link, ...told: Told) => void) {
  return function (this: WebSocket, ...told: Told): void {
    hear(this as Link, ...told)
  }
}
