import type { Link } from './link.ts'

/** Every link is asked whether it is still there once in so long. Milliseconds. */
export const ASK_EVERY_MS = 10_000
/** It is dead if it says nothing for so long then. Milliseconds. */
export const ANSWER_WITHIN_MS = 5_000

/** Short: whom it asks at once is what an update may have to wait for. Milliseconds. */
const STEP_MS = 25
const SLOTS = ASK_EVERY_MS / STEP_MS
const ANSWER_STEPS = ANSWER_WITHIN_MS / STEP_MS
/** Later than this, this process stood still, and what was answered meanwhile is still to be heard. Milliseconds. */
const STOOD_STILL_MS = 1_000

/** Engine.IO's ping. */
const PING = '2'

/**
 * Asks every link now and then whether it is still there, and ends those that are not, and those over which nothing was
 * asked for. One timer for all of them: each has its place in the round, by the moment it came.
 */
export class Heartbeats {
  readonly #slots = Array.from({ length: SLOTS }, () => new Set<Link>())
  readonly #timer: NodeJS.Timeout
  readonly #begun = performance.now()
  #step = 0

  constructor() {
    this.#timer = setInterval(() => this.#catchUp(), STEP_MS).unref()
  }

  begin(link: Link): void {
    link.round = this.#slotAt(this.#step).add(link)
  }

  end(link: Link): void {
    link.round?.delete(link)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #catchUp(): void {
    const now = Math.floor((performance.now() - this.#begun) / STEP_MS)
    const stoodStill = (now - this.#step) * STEP_MS > STOOD_STILL_MS
    // After a whole round everyone has been asked.
    const first = Math.max(this.#step, now - SLOTS)
    for (let step = first + 1; step <= now; step++) {
      this.#step = step
      if (!stoodStill) for (const link of this.#slotAt(step + SLOTS - ANSWER_STEPS)) if (link.asked) link.terminate()
      for (const link of this.#slotAt(step)) ask(link)
    }
  }

  #slotAt(step: number): Set<Link> {
    return this.#slots[step % SLOTS] as Set<Link>
  }
}

function ask(link: Link): void {
  // Not even after the process stood still has it been heard of; or it has not said what it wants.
  if (link.asked) link.terminate()
  else if (!link.entered) link.close()
  else {
    // Whoever has left all namespaces has until the next round to enter another.
    link.entered = link.sockets > 0
    link.asked = true
    link.write(PING)
  }
}
