import type { Challenge } from '../challenge/challenge.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import type { Viewer } from '../challenge/viewer.ts'
import { show } from '../challenge/viewer.ts'
import { type ChallengeWatch, watchChallenge } from '../challenge/watch-challenge.ts'
import { NAMESPACES } from '../protocol/events.ts'
import type { News } from '../store/store.ts'
import { Packets, type WrittenPacket } from './packets.ts'

const packets = new Packets(NAMESPACES.waiting)

/** A socket that waits on challenges. */
export interface Guest {
  hear(packet: WrittenPacket): void
  /** There may be no more news to come, or more after all. */
  reconsider(): void
}

/** Those of this instance who wait on one challenge, and the one watch that serves them all. */
export class ChallengeRoom {
  readonly id: string
  /** Through whose eyes each sees it. */
  readonly guests = new Map<Guest, Viewer>()
  challenge: Challenge | undefined
  /** Resolves when the challenge has been read; those who are about to enter count, too. */
  opened: Promise<void> = Promise.resolve()
  holders = 0
  watch: ChallengeWatch | undefined

  constructor(id: string) {
    this.id = id
  }
}

/**
 * The rooms of this instance. What the store tells is emitted to its own sockets, and by nobody else. They are no rooms of
 * Socket.IO's: most hold one page, for which those cost as much memory as all else that is kept of it here.
 */
export class ChallengeRooms {
  readonly #context: ChallengeContext
  readonly #rooms = new Map<string, ChallengeRoom>()

  constructor(context: ChallengeContext) {
    this.#context = context
  }

  /** Holds the challenge's room, which is open when this resolves; each hold must be released. */
  async hold(id: string): Promise<ChallengeRoom> {
    const present = this.#rooms.get(id)
    const room = present ?? this.#open(id)
    room.holders += 1
    try {
      await room.opened
      // Whoever comes may have seen more elsewhere than this instance has heard of yet.
      if (present) await room.watch?.refresh()
      return room
    } catch (error) {
      this.release(room)
      throw error
    }
  }

  release(room: ChallengeRoom): void {
    room.holders -= 1
    if (room.holders > 0) return
    room.watch?.close()
    if (this.#rooms.get(room.id) === room) this.#rooms.delete(room.id)
  }

  #open(id: string): ChallengeRoom {
    const room = new ChallengeRoom(id)
    this.#rooms.set(id, room)
    room.opened = watchChallenge(this.#context, id, (news) => this.#tell(room, news)).then((watch) =>
      begin(room, watch),
    )
    return room
  }

  #tell(room: ChallengeRoom, news: News<Challenge>): void {
    const wasOver = isOver(room.challenge)
    room.challenge = news === 'gone' ? undefined : news
    if (news === 'gone') tellAll(room, packets.event('gone', { challenge: room.id }))
    else this.#show(room, news)
    // A failover may have undone the end.
    if (wasOver || isOver(room.challenge)) for (const guest of room.guests.keys()) guest.reconsider()
  }

  /** Written once for all who hear it. */
  #show({ guests }: ChallengeRoom, challenge: Challenge): void {
    const views: Partial<Record<Viewer, WrittenPacket>> = {}
    for (const [guest, viewer] of guests) {
      views[viewer] ??= packets.event('status', show(challenge, viewer, this.#context.store.now()))
      guest.hear(views[viewer])
    }
  }
}

function tellAll({ guests }: ChallengeRoom, packet: WrittenPacket): void {
  for (const guest of guests.keys()) guest.hear(packet)
}

/** Whether nothing more is to be expected. */
export function isOver(challenge: Challenge | undefined): boolean {
  return challenge === undefined || challenge.complete
}

function begin(room: ChallengeRoom, watch: ChallengeWatch): void {
  room.challenge = watch.challenge
  if (room.holders === 0) return watch.close()
  room.watch = watch
}
