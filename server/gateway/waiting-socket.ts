import type { ChallengeContext } from '../challenge/context.ts'
import { challengeNotFound } from '../challenge/refuse.ts'
import { show, type Viewer } from '../challenge/viewer.ts'
import { HubError } from '../errors.ts'
import type { Release } from '../limits/limits.ts'
import { atExpiry } from './at-expiry.ts'
import { type ChallengeRoom, type Guest, isOver } from './challenge-rooms.ts'
import { closeWhenUnshared } from './close-when-unshared.ts'
import type { Connections } from './connections.ts'
import type { Link } from './link.ts'
import { connected, DISCONNECTED, event, type WrittenPacket } from './waiting-packets.ts'

/** The hub closes a socket so long after the last of its challenges is complete. Milliseconds. */
const AFTER_LAST_MS = 1_000

/** The right to wait on one challenge, with its room held. */
export interface Ticket {
  /** When the token expires. Epoch milliseconds. */
  readonly expiresAt: number | undefined
  readonly viewer: Viewer
  readonly room: ChallengeRoom
  /** Gives up the room, and the place among the token's subscriptions. */
  readonly release: Release
}

interface Subscription {
  readonly ticket: Ticket
  readonly stopExpiry: () => void
}

/** What all sockets share. */
export interface WaitingHouse {
  readonly context: ChallengeContext
  readonly connections: Connections
  /** How many challenges may be waited on over one socket; 0: as many as one likes. */
  readonly most: number
  /** Those who have been let in. */
  readonly sockets: Set<WaitingSocket>
}

/** One socket in `/waiting`, and the challenges it waits on. */
export class WaitingSocket implements Guest {
  readonly link: Link
  readonly #house: WaitingHouse
  readonly #subscriptions = new Map<string, Subscription>()
  #letGo: Release | undefined
  #asked = 0
  #closing: NodeJS.Timeout | undefined

  constructor(link: Link, house: WaitingHouse) {
    this.link = link
    this.#house = house
  }

  /** It is connected, and nobody has left. */
  get isHere(): boolean {
    return this.#letGo !== undefined
  }

  /** Is let in with its first ticket; `letGo` is called when it leaves. */
  enter(ticket: Ticket, letGo: Release): void {
    this.#letGo = letGo
    this.link.share()
    this.#house.sockets.add(this)
    this.hear(connected(this.link.id))
    this.subscribe(ticket)
  }

  /** Waits for a further ticket; those that are on their way count, too. */
  async oneMore(admit: () => Promise<Ticket>): Promise<Ticket> {
    const { most } = this.#house
    if (most > 0 && this.#subscriptions.size + this.#asked >= most) throw tooManySubscriptions(most)
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
    if (!this.isHere) return ticket.release()
    this.#leave(room.id)
    const stopExpiry = atExpiry(this.#house.context, ticket, () => this.#expire(room.id))
    this.#subscriptions.set(room.id, { ticket, stopExpiry })
    room.guests.set(this, viewer)
    this.hear(event('status', this.shown(ticket)))
    this.reconsider()
  }

  hear(packet: WrittenPacket): void {
    this.#house.connections.send(this.link, packet)
  }

  shown({ room, viewer }: Ticket): object {
    if (!room.challenge) throw challengeNotFound()
    return show(room.challenge, viewer, this.#house.context.store.now())
  }

  /** Closes the socket a moment after the last of its challenges is complete. */
  reconsider(): void {
    clearTimeout(this.#closing)
    for (const { ticket } of this.#subscriptions.values()) if (!isOver(ticket.room.challenge)) return
    this.#closing = setTimeout(() => this.#sendAway(), AFTER_LAST_MS).unref()
  }

  /** It has left, or its link has ended. */
  left(): void {
    if (!this.isHere) return
    this.#letGo?.()
    this.#letGo = undefined
    this.link.sockets -= 1
    this.#house.sockets.delete(this)
    clearTimeout(this.#closing)
    for (const id of this.#subscriptions.keys()) this.#leave(id)
    this.link.page = undefined
  }

  #sendAway(): void {
    this.hear(DISCONNECTED)
    this.left()
    closeWhenUnshared(this.link)
  }

  /** An expired token ends its own subscription only. */
  #expire(id: string): void {
    this.#leave(id)
    if (this.#subscriptions.size === 0) this.#sendAway()
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
