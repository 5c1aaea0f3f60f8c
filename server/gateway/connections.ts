import type { IncomingMessage } from 'node:http'
import type { Server } from 'socket.io'
import { isAllowedOrigin } from '../auth/origins.ts'
import { Appointments } from '../limits/appointments.ts'
import { KeyRate } from '../limits/key-rate.ts'
import type { Limits } from '../limits/limits.ts'
import { OpenCounts } from '../limits/open-counts.ts'
import { SlidingRate } from '../limits/sliding-rate.ts'
import { beginLink, type Link, type LinkState, stateOf } from './link.ts'

/** Up to this many times a limit whoever comes is told politely; beyond, no work is done for them at all. */
const FAR_ABOVE_RATE = 5
const FAR_ABOVE_OPEN = 1.5
/** Whoever says so many times more than is answered is not heard out. */
const FAR_ABOVE_EVENTS = 10

const SECOND_MS = 1_000

/** What of a link's transport is looked at: the WebSocket under it. */
interface Carrier {
  readonly writable: boolean
  readonly socket?: { readonly bufferedAmount: number; terminate(): void }
}

export interface ConnectionFigures {
  readonly open: number
  readonly admitted: number
  /** The most that were admitted within any one second. */
  readonly busiestSecond: number
}

/** The connections of this instance: how many may come, how much they may say, and how much may wait for them. */
export class Connections {
  readonly #limits: Limits
  readonly #corsOrigins: readonly string[]
  readonly #rate: SlidingRate
  readonly #handshakes: SlidingRate
  readonly #perAddress: OpenCounts
  readonly #ratePerAddress: KeyRate
  readonly #appointments: Appointments
  #open = 0

  /** @param corsOrigins web pages of these origins may connect, besides the hub's own */
  constructor(limits: Limits, corsOrigins: readonly string[]) {
    const { connectionsPerSecond, connectionsPerAddress, connectionRatePerAddress } = limits.settings
    this.#limits = limits
    this.#corsOrigins = corsOrigins
    this.#rate = new SlidingRate(connectionsPerSecond)
    this.#handshakes = new SlidingRate(connectionsPerSecond * FAR_ABOVE_RATE)
    this.#perAddress = new OpenCounts(connectionsPerAddress)
    this.#ratePerAddress = new KeyRate(connectionRatePerAddress)
    this.#appointments = new Appointments(connectionsPerSecond)
  }

  /** Follows every connection of a server from its first moment. */
  follow(io: Server): void {
    io.engine.on('connection', (link: Link) => this.#begin(link))
  }

  /** Whether a handshake can be taken at all; false: far too many are here, or come. Costs next to nothing. */
  takesHandshake(request: IncomingMessage): boolean {
    const { connections, connectionsPerSecond } = this.#limits.settings
    if (connections > 0 && this.#open >= connections * FAR_ABOVE_OPEN) return this.#turnAway('connections')
    if (this.#perAddress.isFull(this.#limits.addressOf(request), FAR_ABOVE_OPEN)) {
      return this.#turnAway('connectionsPerAddress')
    }
    if (connectionsPerSecond > 0 && this.#handshakes.take() === undefined) return this.#turnAway('connectionsPerSecond')
    return true
  }

  /**
   * Throws what a connection is told that is one too many. Returns what to call if it is refused after all: those without
   * a right to come in must not use up the places of those who have one.
   */
  admit(link: Link): () => void {
    const { refusals, settings } = this.#limits
    const { address, crowded } = stateOf(link)
    if (crowded) {
      const retryAfter = 5 + Math.random() * 5
      throw refusals.tooMany('connectionsPerAddress', 'Too many connections from this address.', retryAfter)
    }
    if (settings.connections > 0 && this.#open > settings.connections) {
      throw refusals.overloaded('connections', 'This instance has too many connections.', this.#appointments.next())
    }
    if (!this.#ratePerAddress.take(address)) {
      const retryAfter = this.#appointments.next()
      throw refusals.tooMany('connectionRatePerAddress', 'Too many connect at once from this address.', retryAfter)
    }
    const taken = this.#rate.take()
    if (taken === undefined) {
      throw refusals.overloaded('connectionsPerSecond', 'Too many connect at once.', this.#appointments.next())
    }
    return () => this.#rate.giveBack(taken)
  }

  /** A backend says more than pages and people do. */
  speaksForBackend(link: Link): void {
    stateOf(link).isBackend = true
  }

  /** Throws what whoever says too much is told. */
  hearEvent(link: Link): void {
    const connection = stateOf(link)
    const limit = connection.isBackend ? 'eventsPerBackendSocket' : 'eventsPerSocket'
    const most = this.#limits.settings[limit]
    connection.events += 1
    if (most > 0 && connection.events > most) {
      throw this.#limits.refusals.tooMany(limit, `At most ${most} events a second over one connection.`, 1)
    }
  }

  addressOf(link: Link): string {
    return stateOf(link).address
  }

  get figures(): ConnectionFigures {
    return { open: this.#open, admitted: this.#rate.total, busiestSecond: this.#rate.most }
  }

  #turnAway(limit: 'connections' | 'connectionsPerAddress' | 'connectionsPerSecond'): false {
    this.#limits.refusals.count(limit)
    return false
  }

  #begin(link: Link): void {
    const { request } = link
    const { origin, host } = request.headers
    const address = this.#limits.addressOf(request)
    beginLink(link, {
      address,
      crowded: this.#perAddress.isFull(address),
      foreign: !isAllowedOrigin(origin, host, this.#corsOrigins),
    })
    // Its headers, which nobody asks for any more, are more than all the rest that is kept of a page.
    Object.assign(link, { request: null })
    this.#open += 1
    this.#perAddress.add(address)
    link.on('packet', this.#onFrame)
    link.on('packetCreate', this.#onSend)
    link.on('flush', this.#onFlush)
    link.on('close', this.#onClose)
  }

  /* One function each for all connections, not one of their own: it is the emitter that is `this`. */

  readonly #onFrame = follower((link) => {
    const connection = stateOf(link)
    const now = performance.now()
    if (now - connection.since >= SECOND_MS) {
      connection.since = now
      connection.frames = 0
      connection.events = 0
    }
    connection.frames += 1
    const limit = connection.isBackend ? 'eventsPerBackendSocket' : 'eventsPerSocket'
    const most = this.#limits.settings[limit] * FAR_ABOVE_EVENTS
    if (most > 0 && connection.frames > most) this.#cut(link, connection, limit)
  })

  readonly #onSend = follower((link, packet: { readonly data?: string | Buffer }) => {
    const { writable, socket } = link.transport as unknown as Carrier
    if (writable) return
    const connection = stateOf(link)
    connection.held += packet.data?.length ?? 0
    const most = this.#limits.settings.bufferedBytes
    if (most > 0 && connection.held + (socket?.bufferedAmount ?? 0) > most) this.#cut(link, connection, 'bufferedBytes')
  })

  readonly #onFlush = follower((link) => {
    stateOf(link).held = 0
  })

  readonly #onClose = follower((link) => {
    this.#open -= 1
    this.#perAddress.release(stateOf(link).address)
  })

  /** At once, and without a goodbye: whoever does not read would not read that either. */
  #cut(link: Link, connection: LinkState, limit: 'bufferedBytes' | 'eventsPerSocket' | 'eventsPerBackendSocket'): void {
    if (connection.cut) return
    connection.cut = true
    this.#limits.refusals.count(limit)
    ;(link.transport as unknown as Carrier).socket?.terminate()
  }
}

function follower<Told extends unknown[]>(follow: (link: Link, ...told: Told) => void) {
  return function (this: Link, ...told: Told): void {
    follow(this, ...told)
  }
}
