import type { Packet } from 'socket.io-parser'
import { PacketType } from 'socket.io-parser'
import { z } from 'zod'
import { demandScope, quotaKey } from '../auth/principal.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { challengeId, parse } from '../challenge/parse.ts'
import { challengeNotFound } from '../challenge/refuse.ts'
import { viewerOf } from '../challenge/viewer.ts'
import { HubError, toHubError } from '../errors.ts'
import { answer } from './acknowledge.ts'
import { type Admission, type Keep, letIn, toConnectError } from './admission.ts'
import { ChallengeRooms } from './challenge-rooms.ts'
import type { Link } from './link.ts'
import { acknowledgement, comesInPieces, connectError, event, PacketReader } from './waiting-packets.ts'
import { type Ticket, type WaitingHouse, WaitingSocket } from './waiting-socket.ts'

const handshake = z.object({ token: z.unknown().optional(), challenge: challengeId.optional() })
const subscribeBody = z.strictObject({ token: z.string() })

/**
 * `/waiting`: a page holds a challenge and is told whenever it changes. Connecting with a wait token is subscribing.
 * A namespace of Socket.IO's to whoever speaks to it, yet served here on the link itself: of pages there are far more than
 * of anyone else, and Socket.IO's layers would be most of what one costs.
 */
export class Waiting {
  readonly #admission: Admission
  readonly #rooms: ChallengeRooms
  readonly #house: WaitingHouse
  /** Of messages that come whole. */
  readonly #reader = new PacketReader()

  constructor(context: ChallengeContext, admission: Admission) {
    this.#admission = admission
    this.#rooms = new ChallengeRooms(context)
    const { connections, limits } = admission
    this.#house = { context, connections, most: limits.settings.subscriptionsPerSocket, sockets: new Set() }
  }

  /** Those who wait. */
  get sockets(): ReadonlySet<WaitingSocket> {
    return this.#house.sockets
  }

  /**
   * Hears a message for this namespace, or bytes that belong to one. Whoever says what cannot be said loses the link, as
   * everywhere in Socket.IO.
   */
  hear(link: Link, piece: string | Buffer): void {
    const packet = this.#read(link, piece)
    if (packet === 'more to come') return
    const { page } = link
    if (packet === 'malformed') link.close()
    else if (packet.type === PacketType.CONNECT) this.#connect(link, packet.data ?? {})
    else if (packet.type === PacketType.EVENT && page?.isHere) this.#serve(page, packet)
    else if (packet.type === PacketType.DISCONNECT && page?.isHere) page.left()
    // The hub never asks for one.
    else if (packet.type !== PacketType.ACK || !page?.isHere) link.close()
  }

  #read(link: Link, piece: string | Buffer): Packet | 'more to come' | 'malformed' {
    if (typeof piece === 'string' && comesInPieces(piece)) link.reader ??= new PacketReader()
    const packet = (link.reader ?? this.#reader).read(piece)
    if (packet !== 'more to come') link.reader = undefined
    return packet
  }

  #connect(link: Link, auth: unknown): void {
    // Socket.IO's client asks twice when it shares a connection that is open already. It has its answer, or gets it.
    if (link.page) return
    const page = new WaitingSocket(link, this.#house)
    link.page = page
    letIn(
      link,
      this.#admission,
      (keep) => {
        const { token, challenge } = parse(handshake, auth)
        return this.#admit(token, challenge, keep)
      },
      ({ release }) => release(),
    ).then(
      (admitted) => {
        if (!admitted) return
        page.enter(admitted.entry, admitted.letGo)
        // It was at the door when everyone else was told.
        const { departure } = this.#house.context
        if (departure.begun) page.hear(event('moving', { afterMs: departure.delay() }))
      },
      (error) => {
        link.page = undefined
        this.#house.connections.send(link, connectError(toConnectError(toHubError(error))))
      },
    )
  }

  #serve(page: WaitingSocket, { data, id }: Packet): void {
    const [name, ...words] = data as readonly [string | number, ...unknown[]]
    if (name !== 'subscribe' || id === undefined) return
    const { link } = page
    void answer(
      link,
      (given) => this.#house.connections.send(link, acknowledgement(id, given)),
      async () => {
        const { token } = parse(subscribeBody, words[0])
        const ticket = await page.oneMore(() => this.#admit(token))
        page.subscribe(ticket)
        return { challenge: page.shown(ticket) }
      },
      this.#admission,
    )
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
