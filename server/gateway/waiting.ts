import { z } from 'zod'
import { demandScope, quotaKey } from '../auth/principal.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { challengeId, parse } from '../challenge/parse.ts'
import { challengeNotFound } from '../challenge/refuse.ts'
import { viewerOf } from '../challenge/viewer.ts'
import { HubError } from '../errors.ts'
import { NAMESPACES } from '../protocol/events.ts'
import type { Admission, Keep } from './admission.ts'
import { ChallengeRooms } from './challenge-rooms.ts'
import type { Link } from './link.ts'
import type { LinkService } from './link-namespace.ts'
import type { LinkHouse } from './link-socket.ts'
import { type Ticket, type WaitingRules, WaitingSocket } from './waiting-socket.ts'

const handshake = z.object({ token: z.unknown().optional(), challenge: challengeId.optional() })

/** `/waiting`: a page holds a challenge and is told whenever it changes. Connecting with a wait token is subscribing. */
export class Waiting implements LinkService<Ticket> {
  readonly name = NAMESPACES.waiting
  readonly seat = 'page'
  readonly #admission: Admission
  readonly #rooms: ChallengeRooms
  readonly #rules: WaitingRules

  constructor(context: ChallengeContext, admission: Admission) {
    this.#admission = admission
    this.#rooms = new ChallengeRooms(context)
    const most = admission.limits.settings.subscriptionsPerSocket
    this.#rules = { context, most, admit: (token) => this.#admit(token) }
  }

  admit(auth: unknown, keep: Keep): Promise<Ticket> {
    const { token, challenge } = parse(handshake, auth)
    return this.#admit(token, challenge, keep)
  }

  release(ticket: Ticket): void {
    ticket.release()
  }

  open(link: Link, house: LinkHouse): WaitingSocket {
    return new WaitingSocket(link, house, this.#rules)
  }

  async #admit(token: unknown, wanted?: string, keep?: Keep): Promise<Ticket> {
    const { authenticator, limits } = this.#admission
    const principal = await authenticator.token(token)
    demandScope(principal, 'challenges:wait', 'challenges:read', 'challenges:write')
    const id = wanted ?? principal.challenge
    if (id === undefined) throw new HubError('invalid_request', 'Which challenge? It belongs into auth.challenge.')
    const viewer = viewerOf(principal, id)
    keep?.(limits.connection(quotaKey(principal)))
    const giveUp = limits.subscription(quotaKey(principal))
    try {
      const room = await this.#rooms.hold(id)
      const release = () => {
        this.#rooms.release(room)
        giveUp()
      }
      // Not the principal itself: a page's ticket is kept for as long as it waits.
      if (room.challenge) return { expiresAt: principal.expiresAt, viewer, room, release }
      this.#rooms.release(room)
      throw challengeNotFound()
    } catch (error) {
      giveUp()
      throw error
    }
  }
}
