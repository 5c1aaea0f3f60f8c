import type { Namespace } from 'socket.io'
import { APPROVER, type ApproverRecord } from '../challenge/approver.ts'
import { type Approver, type Challenge, isAskedOf } from '../challenge/challenge.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { toApprovalView } from '../challenge/views.ts'
import { ApprovalWatch } from '../challenge/watch-approvals.ts'
import type { ApprovalView } from '../protocol/challenge.ts'
import type { Watch } from '../store/store.ts'

/** A socket of an approver: told when tokens issued until then have died. */
export interface ApproverGuest {
  revoked(approver: ApproverRecord): void
}

/** One approver's sockets on this instance, what is asked of them, and whether their tokens still live. */
export class ApproverRoom {
  readonly user: string
  readonly guests = new Set<ApproverGuest>()
  readonly name: string
  record: ApproverRecord | undefined
  approvals: ApprovalWatch | undefined
  opened: Promise<void> = Promise.resolve()
  holders = 0
  watch: Watch<ApproverRecord> | undefined

  constructor(user: string) {
    this.user = user
    this.name = approverRoomName(user)
  }

  close(): void {
    this.watch?.close()
    this.approvals?.close()
  }
}

export function approverRoomName(user: string): string {
  return `approver:${user}`
}

export function deviceRoomName(user: string, device: string): string {
  return `device:${device}\n${user}`
}

/** The approvers' rooms of this instance. */
export class ApproverRooms {
  readonly #context: ChallengeContext
  readonly #namespace: Namespace
  readonly #rooms = new Map<string, ApproverRoom>()

  constructor(context: ChallengeContext, namespace: Namespace) {
    this.#context = context
    this.#namespace = namespace
  }

  /** Holds the user's room, which is open when this resolves; each hold must be released. */
  async hold(user: string): Promise<ApproverRoom> {
    const present = this.#rooms.get(user)
    const room = present ?? this.#open(user)
    room.holders += 1
    try {
      await room.opened
      // Their tokens may have been revoked, or more been asked of them, without this instance having heard of it yet.
      if (present) await Promise.all([room.watch?.refresh(), room.approvals?.refresh()])
      return room
    } catch (error) {
      this.release(room)
      throw error
    }
  }

  release(room: ApproverRoom): void {
    room.holders -= 1
    if (room.holders > 0) return
    room.close()
    if (this.#rooms.get(room.user) === room) this.#rooms.delete(room.user)
  }

  /** What is asked of them at one of their devices. */
  pending(room: ApproverRoom, approver: Approver): readonly ApprovalView[] {
    const now = this.#context.store.now()
    return (room.approvals?.pending ?? [])
      .filter((challenge) => isAskedOf(challenge, approver))
      .map((challenge) => toApprovalView(challenge, now))
  }

  #open(user: string): ApproverRoom {
    const room = new ApproverRoom(user)
    this.#rooms.set(user, room)
    room.opened = this.#begin(room)
    return room
  }

  async #begin(room: ApproverRoom): Promise<void> {
    room.watch = await this.#context.store.watch(APPROVER, room.user, (news) => {
      room.record = news === 'gone' ? undefined : news
      if (room.record) for (const guest of room.guests) guest.revoked(room.record)
    })
    room.record = room.watch.document
    const everywhere = this.#namespace.local.to(room.name)
    const toAsked = ({ asked }: Challenge) =>
      asked ? this.#namespace.local.to(deviceRoomName(room.user, asked.device)) : everywhere
    room.approvals = await ApprovalWatch.open(this.#context, room.user, {
      requested: (challenge) =>
        toAsked(challenge).emit('requested', toApprovalView(challenge, this.#context.store.now())),
      withdrawn: (challenge, challengeStatus) =>
        toAsked(challenge).emit('withdrawn', { challenge: challenge.id, challengeStatus }),
    })
    // Everyone may have left meanwhile.
    if (room.holders === 0) room.close()
  }
}
