/** How often a probe is sent. Milliseconds. */
const INTERVAL_MS = 2_000
/** Silence that means doubt. Milliseconds. */
const SILENCE_MS = 4_000
/** So many probes must have been sent into the silence, so that a stalled event loop is not taken for a dead link. */
const UNHEARD_PROBES = 2

export interface HeartbeatEvents {
  /** Sends a probe that should come back as a message. */
  send(): Promise<void>
  /** Probes go out, nothing comes in: the subscriber's connection is not to be believed. */
  deaf(): void
  /** Probes can't be sent any more although the connection is not closed. */
  mute(): void
}

/** Shows that news still arrives: sends a probe every 2 s, and doubts after 4 s of silence. */
export class Heartbeat {
  readonly #events: HeartbeatEvents
  #timer: NodeJS.Timeout | undefined
  #heardAt = performance.now()
  #unheard = 0
  #failed = 0

  constructor(events: HeartbeatEvents) {
    this.#events = events
  }

  start(): void {
    this.#timer = setInterval(() => void this.#beat(), INTERVAL_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** A message came in, whichever: the link works. */
  heard(): void {
    this.#heardAt = performance.now()
    this.#unheard = 0
  }

  async #beat(): Promise<void> {
    if (this.#unheard >= UNHEARD_PROBES && performance.now() - this.#heardAt > SILENCE_MS) {
      this.heard()
      this.#events.deaf()
    }
    try {
      await this.#events.send()
      this.#unheard += 1
      this.#failed = 0
    } catch {
      // Redis is away or slow. Its clients say so themselves; a connection that stays open and silent is what they miss.
      this.#failed += 1
      if (this.#failed >= UNHEARD_PROBES) this.#mute()
    }
  }

  #mute(): void {
    this.#failed = 0
    this.#events.mute()
  }
}
