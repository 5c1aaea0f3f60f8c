import { z } from 'zod'
import type { ChallengeContext } from '../challenge/context.ts'
import { parse } from '../challenge/parse.ts'
import { challengeNotFound } from '../challenge/refuse.ts'
import { show, type Viewer } from '../challenge/viewer.ts'
import { HubError } from '../errors.ts'
import type { Release } from '../limits/limits.ts'
import { atExpiry } from './at-expiry.ts'
import { type ChallengeRoom, type Guest, isOver } from './challenge-rooms.ts'
import type { Link } from './link.ts'
import { type Handle, type LinkHouse, LinkSocket } from './link-socket.ts'

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
export interface WaitingRules {
  readonly context: ChallengeContext
  /** How many challenges may be waited on over one socket; 0: as many as one likes. */
  readonly most: number
  /** The door to a further challenge. */
  readonly admit: (token: unknown) => Promise<Ticket>
}

const subscribeBody = z.strictObject({ token: z.string() })

/** One socket in `/waiting`, and the challenges it waits on. */
export class WaitingSocket extends LinkSocket<Ticket> implements Guest {
  readonly #rules: WaitingRules
  readonly #subscriptions = new Map<string, Subscription>()
  #asked = 0
  #closing: NodeJS.Timeout | undefined

  constructor(link: Link, house: LinkHouse, rules: WaitingRules) {
    super(link, house)
    this.#rules = rules
  }

  handlerOf(event: string): Handle | undefined {
    return event === 'subscribe' ? (body) => this.#subscribeTo(parse(subscribeBody, body).token) : undefined
  }

  /** Closes the socket a moment after the last of its challenges is complete. */
  reconsider(): void {
    clearTimeout(this.#closing)
    for (const { ticket } of this.#subscriptions.values()) if (!isOver(ticket.room.challenge)) return
    // Somebody may be asking for a further challenge.
    const close = () => (this.#asked > 0 ? this.reconsider() : this.disconnect())
    this.#closing = setTimeout(close, AFTER_LAST_MS).unref()
  }

  /** Enters the room and tells how things stand, in one turn, so that no news falls between. */
  protected begin(ticket: Ticket): void {
    const { room, viewer } = ticket
    if (!this.isHere) return ticket.release()
    this.#leave(room.id)
    const stopExpiry = atExpiry(this.#rules.context, ticket, () => this.#expire(room.id))
    this.#subscriptions.set(room.id, { ticket, stopExpiry })
    room.guests.set(this, viewer)
    // It may have gone since the door looked.
    if (room.challenge) this.emit('status', this.#shown(ticket))
    else this.emit('gone', { challenge: room.id })
    this.reconsider()
  }

  protected left(): void {
    clearTimeout(this.#closing)
    for (const id of this.#subscriptions.keys()) this.#leave(id)
  }

  async #subscribeTo(token: string): Promise<object> {
    const ticket = await this.#oneMore(token)
    this.begin(ticket)
    return { challenge: this.#shown(ticket) }
  }

  /** Waits for a further ticket; those that are on their way count, too. */
  async #oneMore(token: string): Promise<Ticket> {
    const { most, admit } = this.#rules
    if (most > 0 && this.#subscriptions.size + this.#asked >= most) throw tooManySubscriptions(most)
    this.#asked += 1
    try {
      return await admit(token)
    } finally {
      this.#asked -= 1
    }
  }

  #shown({ room, viewer }: Ticket): object {
    if (!room.challenge) throw challengeNotFound()
    return show(room.challenge, viewer, this.#rules.context.store.now())
  }

  /** An expired token ends its own subscription only. */
  #expire(id: string): void {
    this.#leave(id)
    if (this.#subscriptions.size === 0) this.disconnect()
    else this.reconsider()
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
