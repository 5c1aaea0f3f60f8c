import type { Server as HttpServer } from 'node:http'
import { type Namespace, Server, type Socket } from 'socket.io'
import type { ChallengeContext } from '../challenge/context.ts'
import type { Departure } from '../challenge/departure.ts'
import { HubError } from '../errors.ts'
import { NAMESPACES } from '../protocol/events.ts'
import { type Admission, toConnectError } from './admission.ts'
import { approverRoomName } from './approver-rooms.ts'
import { serveApproving } from './approving.ts'
import { closeWhenAnswered } from './close-when-answered.ts'
import { type InstanceTopics, instanceAdapter } from './instance-adapter.ts'
import { type CountsEverywhere, InstanceCounts } from './instance-counts.ts'
import { servePublishing } from './publishing.ts'
import { takeUpgrades } from './take-upgrades.ts'
import { serveWaiting } from './waiting.ts'

/** The largest frame taken. Bytes. */
const LARGEST_FRAME = 65_536
/** A link that does not answer a ping, sent every 10 s, within 5 s is dead. Milliseconds. */
const PING_EVERY_MS = 10_000
const PONG_WITHIN_MS = 5_000
/** A connection that enters no namespace within this is closed. Milliseconds. */
const ENTER_WITHIN_MS = 10_000

export interface GatewayOptions {
  readonly httpServer: HttpServer
  readonly context: ChallengeContext
  readonly admission: Admission
  /** How this instance talks to others; none: it is alone. */
  readonly topics?: InstanceTopics | undefined
  /** How many documents this instance watches. */
  readonly watches: () => number
}

/** The socket side of the hub. */
export class Gateway {
  readonly #io: Server
  readonly #counts: InstanceCounts
  readonly #departure: Departure

  constructor({ httpServer, context, admission, topics, watches }: GatewayOptions) {
    this.#departure = context.departure
    this.#io = new Server(httpServer, {
      // No HTTP long-polling of Engine.IO's, so that no load balancer needs sticky sessions.
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: LARGEST_FRAME,
      pingInterval: PING_EVERY_MS,
      pingTimeout: PONG_WITHIN_MS,
      connectTimeout: ENTER_WITHIN_MS,
      perMessageDeflate: false,
      ...(topics && { adapter: instanceAdapter(topics, admission.onError) }),
    })
    admission.connections.follow(this.#io)
    takeUpgrades(httpServer, this.#io.engine, {
      maxPayload: LARGEST_FRAME,
      lets: (request) => admission.connections.takesHandshake(request),
    })
    closeTheMainNamespace(this.#io)
    const waiting = this.#io.of(NAMESPACES.waiting)
    const approving = this.#io.of(NAMESPACES.approving)
    keepNoRooms(waiting)
    serveWaiting(waiting, context, admission)
    serveApproving(approving, context, admission)
    servePublishing(this.#io.of(NAMESPACES.publishing), context, admission)
    for (const namespace of this.#namespaces()) {
      namespace.on('connection', (socket) => {
        // It was at the door when everyone else was told.
        if (this.#departure.begun) this.#sendAway(socket)
      })
    }
    const own = () => ({ waiting: waiting.sockets.size, approvers: approving.sockets.size, watches: watches() })
    this.#counts = new InstanceCounts(waiting, own, admission.onError)
  }

  /** Closes a user's approver sockets on every instance. */
  disconnectApprover(user: string): void {
    this.#io.of(NAMESPACES.approving).in(approverRoomName(user)).disconnectSockets()
  }

  countEverywhere(): Promise<CountsEverywhere> {
    return this.#counts.everywhere()
  }

  /** Asks every socket to connect elsewhere, each at a moment of its own. Whoever stays is served until the end. */
  sendAway(): void {
    for (const namespace of this.#namespaces()) {
      for (const socket of namespace.sockets.values()) this.#sendAway(socket)
    }
  }

  /**
   * Ends every connection, as soon as what was asked over it is answered; resolves when all have. Not before the end of the
   * window: a plain client, which knows no `moving`, must not come back to where it is refused, for it would give up.
   */
  async dropAll(): Promise<void> {
    const sockets = this.#namespaces().flatMap((namespace) => [...namespace.sockets.values()])
    await Promise.all([...new Set(sockets.map(({ conn }) => conn))].map(closeWhenAnswered))
  }

  async close(): Promise<void> {
    await this.#io.close()
  }

  #sendAway(socket: Socket): void {
    socket.emit('moving', { afterMs: this.#departure.delay() })
  }

  #namespaces(): readonly Namespace[] {
    return Object.values(NAMESPACES).map((name) => this.#io.of(name))
  }
}

/** Socket.IO opens it by itself; nothing is served there, so nobody gets in. */
function closeTheMainNamespace(io: Server): void {
  io.use((_socket, next) => next(toConnectError(new HubError('not_found', 'Nothing is served in this namespace.'))))
}

/** Pages are reached by the challenge they wait on. Socket.IO would keep a room of its own for each socket beside. */
function keepNoRooms({ adapter }: Namespace): void {
  adapter.addAll = () => undefined
}
