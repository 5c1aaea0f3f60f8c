/** How far ahead a timer of its own is set. Milliseconds. */
const SLOT_MS = 1_000

interface Deadline {
  /** Epoch milliseconds, by the clock all here go by. */
  readonly at: number
  readonly due: () => void
  timer: NodeJS.Timeout | undefined
}

/**
 * Calls back at moments, of which there are many, and far ahead: one for each who waits. A timer costs Node a list of its
 * own for every number of milliseconds, so that timers are set for the next second's only, and all others lie in slots.
 */
export class Deadlines {
  readonly #now: () => number
  readonly #slots = new Map<number, Set<Deadline>>()
  #ticking: NodeJS.Timeout | undefined

  /** @param now epoch milliseconds; may be set back or forward at any time */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Calls back once, not before `at`, by this clock; returns what prevents it. It keeps no process alive. */
  set(at: number, due: () => void): () => void {
    const deadline: Deadline = { at, due, timer: undefined }
    this.#place(deadline)
    return () => this.#remove(deadline)
  }

  /** How many lie ahead by more than a second. */
  get size(): number {
    let size = 0
    for (const slot of this.#slots.values()) size += slot.size
    return size
  }

  #place(deadline: Deadline): void {
    if (deadline.at - this.#now() <= SLOT_MS) return this.#setTimer(deadline)
    const number = slotOf(deadline.at)
    const slot = this.#slots.get(number)
    if (slot) slot.add(deadline)
    else this.#slots.set(number, new Set([deadline]))
    this.#tickLater()
  }

  #setTimer(deadline: Deadline): void {
    deadline.timer = setTimeout(() => this.#ring(deadline), Math.max(deadline.at - this.#now(), 1))
    deadline.timer.unref()
  }

  #remove(deadline: Deadline): void {
    clearTimeout(deadline.timer)
    const number = slotOf(deadline.at)
    const slot = this.#slots.get(number)
    if (slot?.delete(deadline) && slot.size === 0) this.#slots.delete(number)
  }

  /** The clock may say that it is not yet so late: Node's timers go by another one. */
  #ring(deadline: Deadline): void {
    if (this.#now() < deadline.at) this.#place(deadline)
    else deadline.due()
  }

  #tickLater(): void {
    this.#ticking ??= setTimeout(() => this.#tick(), SLOT_MS / 2).unref()
  }

  #tick(): void {
    this.#ticking = undefined
    const last = slotOf(this.#now() + SLOT_MS)
    for (const [number, slot] of this.#slots) {
      if (number > last) continue
      this.#slots.delete(number)
      for (const deadline of slot) this.#setTimer(deadline)
    }
    if (this.#slots.size > 0) this.#tickLater()
  }
}

function slotOf(at: number): number {
  return Math.floor(at / SLOT_MS)
}
