import { HubError } from '../errors.ts'

/** The part of the window over which those who are here are asked to leave: the last ones need a moment to do so. */
const SPREAD = 0.8

interface Guest {
  readonly leave: () => void
  timer: NodeJS.Timeout | undefined
}

/**
 * How this instance takes its leave: everyone who waits here is sent elsewhere at a random moment of a window, so that the
 * others are not overrun.
 */
export class Departure {
  readonly #random: () => number
  readonly #guests = new Set<Guest>()
  #endsAt: number | undefined
  #begun: () => void = () => undefined
  /** Resolves when it begins. */
  readonly beginning = new Promise<void>((resolve) => {
    this.#begun = resolve
  })

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  get begun(): boolean {
    return this.#endsAt !== undefined
  }

  begin(windowMs: number): void {
    this.#endsAt = performance.now() + windowMs
    for (const guest of this.#guests) this.#schedule(guest)
    this.#begun()
  }

  /** When somebody who is here should leave, by what is left of the window. Milliseconds from now. */
  delay(): number {
    const left = Math.max(0, (this.#endsAt ?? Number.POSITIVE_INFINITY) - performance.now())
    return Math.floor(this.#random() * SPREAD * left)
  }

  /** Calls back when it is this guest's turn to leave; returns what stops that. */
  heed(leave: () => void): () => void {
    const guest: Guest = { leave, timer: undefined }
    this.#guests.add(guest)
    if (this.begun) this.#schedule(guest)
    return () => {
      clearTimeout(guest.timer)
      this.#guests.delete(guest)
    }
  }

  #schedule(guest: Guest): void {
    guest.timer = setTimeout(guest.leave, this.delay())
  }
}

/** What those are told who should ask another instance. */
export function draining(): HubError {
  return new HubError('draining', 'This instance is shutting down. Ask again: another one answers.', { retryAfter: 1 })
}
