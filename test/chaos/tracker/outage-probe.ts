import { setTimeout as sleep } from 'node:timers/promises'
import { PROMISE_MS } from './catch-up.ts'
import { machineTime } from './machine-time.ts'
import type { Outage } from './recording.ts'

const EVERY_MS = 50
/** A gap between two accepted writes that is longer than this is an outage. Milliseconds. */
const GAP_MS = 600

/** Writes to the store all the time: a fault has ended when it accepts a write again. */
export class OutageProbe {
  readonly #write: () => Promise<void>
  readonly #onOutage: (outage: Outage) => void
  #acceptedAt = machineTime()
  #stopped = false
  #running: Promise<void> = Promise.resolve()

  constructor(write: () => Promise<void>, onOutage: (outage: Outage) => void) {
    this.#write = write
    this.#onOutage = onOutage
  }

  start(): void {
    this.#acceptedAt = machineTime()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#write()
        this.#accepted(machineTime())
      } catch {
        // Not accepted: the outage lasts.
      }
      await sleep(EVERY_MS)
    }
  }

  #accepted(now: number): void {
    if (now - this.#acceptedAt > GAP_MS) {
      this.#onOutage({ began: this.#acceptedAt, ended: now, why: 'the store accepted no write', grace: PROMISE_MS })
    }
    this.#acceptedAt = now
  }
}
