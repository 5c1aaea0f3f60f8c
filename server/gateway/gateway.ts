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
import { linkOf } from './link.ts'
import { servePublishing } from './publishing.ts'
import { Switchboard } from './switchboard.ts'
import { takeUpgrades } from './take-upgrades.ts'
import { Waiting } from './waiting.ts'
import { event } from './waiting-packets.ts'

/** The largest frame taken. Bytes. */
const LARGEST_FRAME = 65_536
/** Engine.IO's and Socket.IO's own clocks for links are not used: the switchboard's see to all of them. Milliseconds. */
const NEVER_MS = 2 ** 31 - 1

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
  readonly #waiting: Waiting
  readonly #switchboard: Switchboard

  constructor({ httpServer, context, admission, topics, watches }: GatewayOptions) {
    this.#departure = context.departure
    this.#io = new Server(httpServer, {
      // No HTTP long-polling of Engine.IO's, so that no load balancer needs sticky sessions.
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: LARGEST_FRAME,
      pingInterval: NEVER_MS,
      pingTimeout: NEVER_MS,
      connectTimeout: NEVER_MS,
      perMessageDeflate: false,
      ...(topics && { adapter: instanceAdapter(topics, admission.onError) }),
    })
    const { connections } = admission
    connections.follow(this.#io.engine)
    this.#waiting = new Waiting(context, admission)
    this.#switchboard = new Switchboard({
      engine: this.#io.engine,
      waiting: this.#waiting,
      connections,
      maxPayload: LARGEST_FRAME,
    })
    takeUpgrades(httpServer, {
      maxPayload: LARGEST_FRAME,
      lets: (request) => connections.takesHandshake(request),
      begin: (link, request) => this.#switchboard.begin(link, request),
    })
    closeTheMainNamespace(this.#io)
    const approving = this.#io.of(NAMESPACES.approving)
    serveApproving(approving, context, admission)
    servePublishing(this.#io.of(NAMESPACES.publishing), context, admission)
    for (const namespace of this.#namespaces()) {
      namespace.on('connection', (socket) => {
        // It was at the door when everyone else was told.
        if (this.#departure.begun) this.#sendAway(socket)
      })
    }
    const own = () => ({ waiting: this.#waiting.sockets.size, approvers: approving.sockets.size, watches: watches() })
    this.#counts = new InstanceCounts(approving, own, admission.onError)
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
    for (const page of this.#waiting.sockets) page.hear(event('moving', { afterMs: this.#departure.delay() }))
    for (const namespace of this.#namespaces()) {
      for (const socket of namespace.sockets.values()) this.#sendAway(socket)
    }
  }

  /**
   * Ends every connection, as soon as what was asked over it is answered; resolves when all have. Not before the end of the
   * window: a plain client, which knows no `moving`, must not come back to where it is refused, for it would give up.
   */
  async dropAll(): Promise<void> {
    const pages = [...this.#waiting.sockets].map(({ link }) => link)
    const others = this.#namespaces().flatMap(({ sockets }) => [...sockets.values()].map(({ conn }) => linkOf(conn)))
    await Promise.all([...new Set([...pages, ...others])].map(closeWhenAnswered))
  }

  async close(): Promise<void> {
    this.#switchboard.close()
    await this.#io.close()
  }

  #sendAway(socket: Socket): void {
    socket.emit('moving', { afterMs: this.#departure.delay() })
  }

  /** Those that Socket.IO serves. */
  #namespaces(): readonly Namespace[] {
    return [NAMESPACES.approving, NAMESPACES.publishing].map((name) => this.#io.of(name))
  }
}

/** Socket.IO opens it by itself; nothing is served there, so nobody gets in. */
function closeTheMainNamespace(io: Server): void {
  io.use((_socket, next) => next(toConnectError(new HubError('not_found', 'Nothing is served in this namespace.'))))
}
