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
import { LinkNamespace, type NamespaceOnLinks } from './link-namespace.ts'
import { Publishing } from './publishing.ts'
import { Switchboard } from './switchboard.ts'
import { takeUpgrades } from './take-upgrades.ts'
import { Waiting } from './waiting.ts'

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
  /** Those that are served on the links themselves. */
  readonly #onLinks: readonly NamespaceOnLinks[]
  readonly #approving: Namespace
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
    const waiting = new LinkNamespace(new Waiting(context, admission), admission, context.departure)
    const publishing = new LinkNamespace(new Publishing(context, admission), admission, context.departure)
    this.#onLinks = [waiting, publishing]
    this.#switchboard = new Switchboard({
      engine: this.#io.engine,
      namespaces: this.#onLinks,
      connections,
      onError: admission.onError,
      maxPayload: LARGEST_FRAME,
    })
    takeUpgrades(httpServer, {
      maxPayload: LARGEST_FRAME,
      lets: (request) => connections.takesHandshake(request),
      begin: (link, request) => this.#switchboard.begin(link, request),
    })
    closeTheMainNamespace(this.#io)
    this.#approving = this.#io.of(NAMESPACES.approving)
    serveApproving(this.#approving, context, admission)
    this.#approving.on('connection', (socket) => {
      // It was at the door when everyone else was told.
      if (this.#departure.begun) this.#sendAway(socket)
    })
    const own = () => ({ waiting: waiting.sockets.size, approvers: this.#approving.sockets.size, watches: watches() })
    this.#counts = new InstanceCounts(this.#approving, own, admission.onError)
  }

  /** Closes a user's approver sockets on every instance. */
  disconnectApprover(user: string): void {
    this.#approving.in(approverRoomName(user)).disconnectSockets()
  }

  countEverywhere(): Promise<CountsEverywhere> {
    return this.#counts.everywhere()
  }

  /** Asks every socket to connect elsewhere, each at a moment of its own. Whoever stays is served until the end. */
  sendAway(): void {
    for (const namespace of this.#onLinks) namespace.sendAway()
    for (const socket of this.#approving.sockets.values()) this.#sendAway(socket)
  }

  /**
   * Ends every connection, as soon as what was asked over it is answered; resolves when all have. Not before the end of the
   * window: a plain client, which knows no `moving`, must not come back to where it is refused, for it would give up.
   */
  async dropAll(): Promise<void> {
    const onLinks = this.#onLinks.flatMap(({ sockets }) => [...sockets].map(({ link }) => link))
    const approvers = [...this.#approving.sockets.values()].map(({ conn }) => linkOf(conn))
    await Promise.all([...new Set([...onLinks, ...approvers])].map(closeWhenAnswered))
  }

  async close(): Promise<void> {
    this.#switchboard.close()
    await this.#io.close()
  }

  #sendAway(socket: Socket): void {
    socket.emit('moving', { afterMs: this.#departure.delay() })
  }
}

/** Socket.IO opens it by itself; nothing is served there, so nobody gets in. */
function closeTheMainNamespace(io: Server): void {
  io.use((_socket, next) => next(toConnectError(new HubError('not_found', 'Nothing is served in this namespace.'))))
}
