import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { ChallengeContext } from '../challenge/context.ts'
import { HubError } from '../errors.ts'
import { NAMESPACES } from '../protocol/events.ts'
import { type Admission, toConnectError } from './admission.ts'
import { approverRoomName } from './approver-rooms.ts'
import { serveApproving } from './approving.ts'
import { type InstanceTopics, instanceAdapter } from './instance-adapter.ts'
import { type CountsEverywhere, InstanceCounts } from './instance-counts.ts'
import { servePublishing } from './publishing.ts'
import { gateUpgrades } from './upgrade-gate.ts'
import { serveWaiting } from './waiting.ts'

/** The largest frame taken. Bytes. */
const LARGEST_FRAME = 65_536
/** A link that does not answer a ping, sent every 10 s, within 5 s is dead. Milliseconds. */
const PING_EVERY_MS = 10_000
const PONG_WITHIN_MS = 5_000
/** A connection that enters no namespace within this is closed. Milliseconds. */
const ENTER_WITHIN_MS = 10_000

/** The part of the drain window over which sockets are asked to leave. */
const SPREAD = 0.8

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

  constructor({ httpServer, context, admission, topics, watches }: GatewayOptions) {
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
    gateUpgrades(httpServer, (request) => admission.connections.takesHandshake(request))
    closeTheMainNamespace(this.#io)
    const waiting = this.#io.of(NAMESPACES.waiting)
    const approving = this.#io.of(NAMESPACES.approving)
    serveWaiting(waiting, context, admission)
    serveApproving(approving, context, admission)
    servePublishing(this.#io.of(NAMESPACES.publishing), context, admission)
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

  /** Asks every socket to connect elsewhere, spread over most of the window: the last ones need a moment to do so. */
  sendAway(windowMs: number): void {
    for (const namespace of Object.values(NAMESPACES)) {
      for (const socket of this.#io.of(namespace).sockets.values()) {
        socket.emit('moving', { afterMs: Math.floor(Math.random() * SPREAD * windowMs) })
      }
    }
  }

  /** Ends the transports, not the subscriptions: a client takes it for a broken link, and comes back elsewhere. */
  dropAll(): void {
    for (const namespace of Object.values(NAMESPACES)) {
      for (const socket of this.#io.of(namespace).sockets.values()) socket.conn.close()
    }
  }

  async close(): Promise<void> {
    await this.#io.close()
  }
}

/** Socket.IO opens it by itself; nothing is served there, so nobody gets in. */
function closeTheMainNamespace(io: Server): void {
  io.use((_socket, next) => next(toConnectError(new HubError('not_found', 'Nothing is served in this namespace.'))))
}
