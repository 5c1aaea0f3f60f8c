import type { Namespace, Socket } from 'socket.io'
import { z } from 'zod'
import { demandScope, quotaKey } from '../auth/principal.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { challengeId, parse } from '../challenge/parse.ts'
import { challengeNotFound } from '../challenge/refuse.ts'
import { show, type Viewer, viewerOf } from '../challenge/viewer.ts'
import { HubError } from '../errors.ts'
import type { Release } from '../limits/limits.ts'
import { acknowledge } from './acknowledge.ts'
import { type Admission, guard, type Keep } from './admission.ts'
import { atExpiry } from './at-expiry.ts'
import { type ChallengeRoom, ChallengeRooms, type Guest, isOver, type Packet, toPacket } from './challenge-rooms.ts'

/** The hub closes a socket so long after the last of its challenges is complete. Milliseconds. */
const AFTER_LAST_MS = 1_000

/** The right to wait on one challenge, with its room held. */
interface Ticket {
  /** When the token expires. Epoch milliseconds. */
  readonly expiresAt: number | undefined
  readonly viewer: Viewer
  readonly room: ChallengeRoom
  /** Gives up the room, and the place among the token's subscriptions. */
  readonly release: Release
}

const handshake = z.object({ challenge: challengeId.optional() })
const subscribeBody = z.strictObject({ token: z.string() })

/** `/waiting`: a page holds a challenge and is told whenever it changes. Connecting with a wait token is subscribing. */
export function serveWaiting(namespace: Namespace, context: ChallengeContext, admission: Admission): void {
  const rooms = new ChallengeRooms(context)

  const admit = async (token: unknown, wanted?: string, keep?: Keep): Promise<Ticket> => {
    const principal = await admission.authenticator.token(token)
    demandScope(principal, 'challenges:wait', 'challenges:read', 'challenges:write')
    const id = wanted ?? principal.challenge
    if (id === undefined) throw new HubError('invalid_request', 'Which challenge? It belongs into auth.challenge.')
    const viewer = viewerOf(principal, id)
    keep?.(admission.limits.connection(quotaKey(principal)))
    const giveUp = admission.limits.subscription(quotaKey(principal))
    try {
      const room = await rooms.hold(id)
      const release = () => {
        rooms.release(room)
        giveUp()
      }
      // Not the principal itself: a page's ticket is kept for as long as it waits.
      if (room.challenge) return { expiresAt: principal.expiresAt, viewer, room, release }
      rooms.release(room)
      throw challengeNotFound()
    } catch (error) {
      giveUp()
      throw error
    }
  }

  const enter = guard<Ticket>(
    namespace,
    admission,
    (socket, keep) => {
      const { challenge } = parse(handshake, socket.handshake.auth)
      return admit(socket.handshake.auth.token, challenge, keep)
    },
    ({ release }) => release(),
  )

  namespace.on('connection', (socket) => {
    const guest = new WaitingSocket(socket, context, admission.limits.settings.subscriptionsPerSocket)
    guest.subscribe(enter(socket))
    acknowledge(
      socket,
      'subscribe',
      async (body) => {
        const ticket = await guest.oneMore(() => admit(parse(subscribeBody, body).token))
        guest.subscribe(ticket)
        return { challenge: guest.shown(ticket) }
      },
      admission,
    )
    socket.on('disconnect', () => guest.leaveAll())
  })
}

interface Subscription {
  readonly ticket: Ticket
  readonly stopExpiry: () => void
}

/** One socket and the challenges it waits on. */
class WaitingSocket implements Guest {
  readonly #socket: Socket
  readonly #context: ChallengeContext
  readonly #most: number
  readonly #subscriptions = new Map<string, Subscription>()
  #asked = 0
  #closing: NodeJS.Timeout | undefined

  /** @param most how many challenges may be waited on over it; 0: as many as one likes */
  constructor(socket: Socket, context: ChallengeContext, most: number) {
    this.#socket = socket
    this.#context = context
    this.#most = most
  }

  /** Waits for a further ticket; those that are on their way count, too. */
  async oneMore(admit: () => Promise<Ticket>): Promise<Ticket> {
    if (this.#most > 0 && this.#subscriptions.size + this.#asked >= this.#most) throw tooManySubscriptions(this.#most)
    this.#asked += 1
    try {
      return await admit()
    } finally {
      this.#asked -= 1
    }
  }

  /** Enters the room and tells how things stand, in one turn, so that no news falls between. */
  subscribe(ticket: Ticket): void {
    const { room, viewer } = ticket
    if (this.#socket.disconnected) return ticket.release()
    this.#leave(room.id)
    const stopExpiry = atExpiry(this.#context, ticket, () => this.#expire(room.id))
    this.#subscriptions.set(room.id, { ticket, stopExpiry })
    room.guests.set(this, viewer)
    this.hear(toPacket('status', this.shown(ticket)))
    this.reconsider()
  }

  hear(packet: Packet): void {
    this.#socket.conn.write(packet)
  }

  shown({ room, viewer }: Ticket): object {
    if (!room.challenge) throw challengeNotFound()
    return show(room.challenge, viewer, this.#context.store.now())
  }

  /** Closes the socket a moment after the last of its challenges is complete. */
  reconsider(): void {
    clearTimeout(this.#closing)
    for (const { ticket } of this.#subscriptions.values()) if (!isOver(ticket.room.challenge)) return
    this.#closing = setTimeout(() => this.#socket.disconnect(), AFTER_LAST_MS).unref()
  }

  leaveAll(): void {
    clearTimeout(this.#closing)
    for (const id of this.#subscriptions.keys()) this.#leave(id)
  }

  /** An expired token ends its own subscription only. */
  #expire(id: string): void {
    this.#leave(id)
    if (this.#subscriptions.size === 0) this.#socket.disconnect()
  }

  #leave(id: string): void {
    const subscription = this.#subscriptions.get(id)
    if (!subscription) return
    const { room, release } = subscription.ticket
    this.#subscriptions.delete(id)
    subscription.stopExpiry()
    room.guests.delete(this)
    release()
  }
}

function tooManySubscriptions(most: number): HubError {
  return new HubError('too_many_requests', `One socket waits on at most ${most} challenges.`, {
    retryAfter: 1,
  })
}
