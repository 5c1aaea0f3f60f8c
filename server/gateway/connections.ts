import type { IncomingMessage } from 'node:http'
import type { Server, Socket } from 'socket.io'
import { isAllowedOrigin } from '../auth/origins.ts'
import { Appointments } from '../limits/appointments.ts'
import { KeyRate } from '../limits/key-rate.ts'
import type { Limits } from '../limits/limits.ts'
import { OpenCounts } from '../limits/open-counts.ts'
import { SlidingRate } from '../limits/sliding-rate.ts'
import { type Link, linkOf } from './link.ts'

/** Up to this many times a limit whoever comes is told politely; beyond, no work is done for them at all. */
const FAR_ABOVE_RATE = 5
const FAR_ABOVE_OPEN = 1.5
/** Whoever says so many times more than is answered is not heard out. */
const FAR_ABOVE_EVENTS = 10

/** Whoever has too much waiting, but not far too much, has so long to read. Milliseconds. */
const READ_WITHIN_MS = 1_000
const FAR_ABOVE_BUFFER = 4

const SECOND_MS = 1_000

type Conn = Socket['conn']

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
  readonly #open = new Set<Link>()

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

  begin(link: Link, request: IncomingMessage): void {
    const { origin, host } = request.headers
    link.address = this.#limits.addressOf(request)
    link.crowded = this.#perAddress.isFull(link.address)
    link.foreign = !isAllowedOrigin(origin, host, this.#corsOrigins)
    this.#open.add(link)
    this.#perAddress.add(link.address)
  }

  end(link: Link): void {
    if (this.#open.delete(link)) this.#perAddress.release(link.address)
  }

  /** Bounds what Socket.IO holds back for connections that take no more. */
  follow(engine: Server['engine']): void {
    engine.on('connection', (conn: Conn) => {
      conn.on('packetCreate', this.#onSend)
      conn.on('flush', onFlush)
    })
  }

  /** Whether a handshake can be taken at all; false: far too many are here, or come. Costs next to nothing. */
  takesHandshake(request: IncomingMessage): boolean {
    const { connections, connectionsPerSecond } = this.#limits.settings
    if (connections > 0 && this.#open.size >= connections * FAR_ABOVE_OPEN) return this.#turnAway('connections')
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
    const { address, crowded } = link
    if (crowded) {
      const retryAfter = 5 + Math.random() * 5
      throw refusals.tooMany('connectionsPerAddress', 'Too many connections from this address.', retryAfter)
    }
    if (settings.connections > 0 && this.#open.size > settings.connections) {
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

  /** Counts a frame; false: there were so many that the link was cut. */
  hearFrame(link: Link): boolean {
    const now = performance.now()
    if (now - link.since >= SECOND_MS) {
      link.since = now
      link.frames = 0
      link.events = 0
    }
    link.frames += 1
    const limit = eventLimit(link)
    const most = this.#limits.settings[limit] * FAR_ABOVE_EVENTS
    if (most === 0 || link.frames <= most) return true
    this.#cut(link, limit)
    return false
  }

  /** Throws what whoever says too much is told. */
  hearEvent(link: Link): void {
    const limit = eventLimit(link)
    const most = this.#limits.settings[limit]
    link.events += 1
    if (most > 0 && link.events > most) {
      throw this.#limits.refusals.tooMany(limit, `At most ${most} events a second over one connection.`, 1)
    }
  }

  /** Sends a frame, unless too many bytes wait already: then the link is cut. */
  send(link: Link, frame: string): void {
    link.write(frame)
    const { bufferedBytes } = this.#limits.settings
    if (bufferedBytes > 0 && link.bufferedAmount > bufferedBytes) link.flush()
    this.#boundBuffer(link, link.bufferedAmount)
  }

  get all(): Iterable<Link> {
    return this.#open
  }

  get figures(): ConnectionFigures {
    return { open: this.#open.size, admitted: this.#rate.total, busiestSecond: this.#rate.most }
  }

  #turnAway(limit: 'connections' | 'connectionsPerAddress' | 'connectionsPerSecond'): false {
    this.#limits.refusals.count(limit)
    return false
  }

  /* One function for all connections, not one of its own for each: it is the emitter that is `this`. */
  readonly #onSend = follower((conn, packet: { readonly data?: string | Buffer }) => {
    if (conn.transport.writable) return
    const link = linkOf(conn)
    if (!link.carrier) return
    link.carrier.held += packet.data?.length ?? 0
    this.#boundBuffer(link, link.carrier.held + link.bufferedAmount)
  })

  #boundBuffer(link: Link, bytes: number): void {
    const most = this.#limits.settings.bufferedBytes
    if (most === 0 || !link.isOpen) return
    if (bytes <= most) {
      link.fullSince = 0
      return
    }
    const now = performance.now()
    link.fullSince ||= now
    // Much may be said in one turn of the loop, before even a quick reader can have read any of it.
    if (now - link.fullSince > READ_WITHIN_MS || bytes > most * FAR_ABOVE_BUFFER) this.#cut(link, 'bufferedBytes')
  }

  /** At once, and without a goodbye: whoever does not read would not read that either. */
  #cut(link: Link, limit: 'bufferedBytes' | EventLimit): void {
    this.#limits.refusals.count(limit)
    link.terminate()
  }
}

type EventLimit = 'eventsPerSocket' | 'eventsPerBackendSocket'

function eventLimit({ isBackend }: Link): EventLimit {
  return isBackend ? 'eventsPerBackendSocket' : 'eventsPerSocket'
}

const onFlush = follower((conn) => {
  const { carrier } = linkOf(conn)
  if (carrier) carrier.held = 0
})

function follower<Told extends unknown[]>(follow: (conn: Conn, ...told: Told) => void) {
  return function (this: Conn, ...told: Told): void {
    follow(this, ...told)
  }
}
