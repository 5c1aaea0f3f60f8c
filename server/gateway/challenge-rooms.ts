import type { Namespace } from 'socket.io'
import type { Challenge } from '../challenge/challenge.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import type { Viewer } from '../challenge/viewer.ts'
import { show } from '../challenge/viewer.ts'
import { type ChallengeWatch, watchChallenge } from '../challenge/watch-challenge.ts'
import type { News } from '../store/store.ts'

/** A socket that waits on a challenge: told when it may be that there will be no more news, or that there will be after all. */
export interface Guest {
  reconsider(): void
}

/** Those of this instance who wait on one challenge, and the one watch that serves them all. */
export class ChallengeRoom {
  readonly id: string
  readonly guests = new Set<Guest>()
  challenge: Challenge | undefined
  /** Resolves when the challenge has been read; those who are about to enter count, too. */
  opened: Promise<void> = Promise.resolve()
  holders = 0
  refresh: () => Promise<void> = async () => undefined
  close: () => void = () => undefined

  constructor(id: string) {
    this.id = id
  }

  name(viewer: Viewer): string {
    return `${viewer}:${this.id}`
  }
}

/** The rooms of this instance. What the store tells is emitted to its own sockets, and by nobody else. */
export class ChallengeRooms {
  readonly #context: ChallengeContext
  readonly #namespace: Namespace
  readonly #rooms = new Map<string, ChallengeRoom>()

  constructor(context: ChallengeContext, namespace: Namespace) {
    this.#context = context
    this.#namespace = namespace
  }

  /** Holds the challenge's room, which is open when this resolves; each hold must be released. */
  async hold(id: string): Promise<ChallengeRoom> {
    const present = this.#rooms.get(id)
    const room = present ?? this.#open(id)
    room.holders += 1
    try {
      await room.opened
      // Whoever comes may have seen more elsewhere than this instance has heard of yet.
      if (present) await room.refresh()
      return room
    } catch (error) {
      this.release(room)
      throw error
    }
  }

  release(room: ChallengeRoom): void {
    room.holders -= 1
    if (room.holders > 0) return
    room.close()
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
    if (news === 'gone') {
      room.challenge = undefined
      const everyone = [room.name('page'), room.name('backend')]
      this.#namespace.local.to(everyone).emit('gone', { challenge: room.id })
    } else {
      room.challenge = news
      this.#emit(room, news, 'page')
      this.#emit(room, news, 'backend')
    }
    // A failover may have undone the end.
    if (wasOver || isOver(room.challenge)) for (const guest of room.guests) guest.reconsider()
  }

  #emit(room: ChallengeRoom, challenge: Challenge, viewer: Viewer): void {
    const name = room.name(viewer)
    if (!this.#namespace.adapter.rooms.has(name)) return
    this.#namespace.local.to(name).emit('status', show(challenge, viewer, this.#context.store.now()))
  }
}

/** Whether nothing more is to be expected. */
export function isOver(challenge: Challenge | undefined): boolean {
  return challenge === undefined || challenge.complete
}

function begin(room: ChallengeRoom, watch: ChallengeWatch): void {
  room.challenge = watch.challenge
  if (room.holders === 0) return watch.close()
  room.refresh = watch.refresh
  room.close = watch.close
}
