import type { Release } from '../limits/limits.ts'
import type { Connections } from './connections.ts'
import type { Link, Seat } from './link.ts'
import type { Packets, WrittenPacket } from './packets.ts'

/** A namespace that is served on the links themselves, and those who have been let in. */
export interface LinkHouse {
  readonly packets: Packets
  /** Where its sockets sit on their links. */
  readonly seat: Seat
  readonly connections: Connections
  readonly sockets: Set<LinkSocket<never>>
}

/** Serves an event, and is answered by what it resolves with. */
export type Handle = (body: unknown) => Promise<object>

/** One socket of such a namespace. `Entry` is what the door prepared for it. */
export abstract class LinkSocket<Entry = unknown> {
  readonly link: Link
  /** What it asked for when it came, as a fingerprint. */
  wish = 0
  readonly #house: LinkHouse
  #letGo: Release | undefined

  constructor(link: Link, house: LinkHouse) {
    this.link = link
    this.#house = house
  }

  /** It has been let in, and has not left. */
  get isHere(): boolean {
    return this.#letGo !== undefined
  }

  /** Is let in; `letGo` is called when it leaves. */
  enter(entry: Entry, letGo: Release): void {
    this.#letGo = letGo
    this.link.share()
    this.#house.sockets.add(this)
    this.hear(this.#house.packets.connected(this.link.id))
    this.begin(entry)
  }

  /** What it may ask. */
  abstract handlerOf(event: string): Handle | undefined

  hear(packet: WrittenPacket): void {
    this.#house.connections.send(this.link, packet)
  }

  emit(event: string, body: object): void {
    this.hear(this.#house.packets.event(event, body))
  }

  /** Is sent away by the hub. */
  disconnect(): void {
    if (!this.isHere) return
    this.hear(this.#house.packets.disconnected)
    this.leave()
    this.link.closeUnlessShared()
  }

  /** It leaves, or its link has ended. */
  leave(): void {
    if (!this.isHere) return
    this.#letGo?.()
    this.#letGo = undefined
    this.link.sockets -= 1
    this.link[this.#house.seat] = undefined
    this.#house.sockets.delete(this)
    this.left()
  }

  protected abstract begin(entry: Entry): void
  protected abstract left(): void
}
