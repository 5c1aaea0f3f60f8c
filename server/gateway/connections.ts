import type { IncomingMessage } from 'node:http'
import type { Server, Socket } from 'socket.io'
import { Appointments } from '../limits/appointments.ts'
import { KeyRate } from '../limits/key-rate.ts'
import type { Limits } from '../limits/limits.ts'
import { OpenCounts } from '../limits/open-counts.ts'
import { SlidingRate } from '../limits/sliding-rate.ts'

type Link = Socket['conn']

/** Up to this many times a limit whoever comes is told politely; beyond, no work is done for them at all. */
const FAR_ABOVE_RATE = 5
const FAR_ABOVE_OPEN = 1.5
/** Whoever says so many times more than is answered is not heard out. */
const FAR_ABOVE_EVENTS = 10

const SECOND_MS = 1_000

/** What is known of one connection. There are many: this is kept small. */
interface Connection {
  readonly address: string
  /** There were too many from its address when it came. */
  readonly crowded: boolean
  isBackend: boolean
  /** Within the second that began at `since`: frames heard, and events among them. */
  since: number
  frames: number
  events: number
  /** Bytes that wait here because the link takes no more. */
  held: number
  cut: boolean
}

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
  readonly #known = new WeakMap<Link, Connection>()
  readonly #rate: SlidingRate
  readonly #handshakes: SlidingRate
  readonly #perAddress: OpenCounts
  readonly #ratePerAddress: KeyRate
  readonly #appointments: Appointments
  #open = 0

  constructor(limits: Limits) {
    const { connectionsPerSecond, connectionsPerAddress, connectionRatePerAddress } = limits.settings
    this.#limits = limits
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
    const { address, crowded } = this.#of(link)
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
    this.#of(link).isBackend = true
  }

  /** Throws what whoever says too much is told. */
  hearEvent(link: Link): void {
    const connection = this.#of(link)
    const limit = connection.isBackend ? 'eventsPerBackendSocket' : 'eventsPerSocket'
    const most = this.#limits.settings[limit]
    connection.events += 1
    if (most > 0 && connection.events > most) {
      throw this.#limits.refusals.tooMany(limit, `At most ${most} events a second over one connection.`, 1)
    }
  }

  addressOf(link: Link): string {
    return this.#of(link).address
  }

  get figures(): ConnectionFigures {
    return { open: this.#open, admitted: this.#rate.total, busiestSecond: this.#rate.most }
  }

  #turnAway(limit: 'connections' | 'connectionsPerAddress' | 'connectionsPerSecond'): false {
    this.#limits.refusals.count(limit)
    return false
  }

  #begin(link: Link): void {
    const address = this.#limits.addressOf(link.request)
    const crowded = this.#perAddress.isFull(address)
    this.#open += 1
    this.#perAddress.add(address)
    this.#known.set(link, {
      address,
      crowded,
      isBackend: false,
      since: performance.now(),
      frames: 0,
      events: 0,
      held: 0,
      cut: false,
    })
    link.on('packet', this.#onFrame)
    link.on('packetCreate', this.#onSend)
    link.on('flush', this.#onFlush)
    link.once('close', () => {
      this.#open -= 1
      this.#perAddress.release(address)
    })
  }

  #of(link: Link): Connection {
    const connection = this.#known.get(link)
    if (!connection) throw new Error('this connection was never begun')
    return connection
  }

  /* One function each for all connections, not one of their own: it is the emitter that is `this`. */

  readonly #onFrame = follower((link) => {
    const connection = this.#of(link)
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
    const connection = this.#of(link)
    connection.held += packet.data?.length ?? 0
    const most = this.#limits.settings.bufferedBytes
    if (most > 0 && connection.held + (socket?.bufferedAmount ?? 0) > most) this.#cut(link, connection, 'bufferedBytes')
  })

  readonly #onFlush = follower((link) => {
    this.#of(link).held = 0
  })

  /** At once, and without a goodbye: whoever does not read would not read that either. */
  #cut(
    link: Link,
    connection: Connection,
    limit: 'bufferedBytes' | 'eventsPerSocket' | 'eventsPerBackendSocket',
  ): void {
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
