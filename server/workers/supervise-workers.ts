import { constants } from 'node:os'
import type { Logger } from 'pino'
import { type Announced, announce } from '../announce.ts'
import type { Config } from '../config.ts'
import { Seat } from './seat.ts'

/** A worker that was told to end before it could hear: as good as in order. */
const TERMINATED = 128 + constants.signals.SIGTERM
/** What an instance may take to end behind its window (README), and what a busy machine adds. Milliseconds. */
const ENDED_WITHIN_MS = 4_000 + 1_000

/**
 * The whole process: workers that share one port, started again when they die, and ended together. Node hands connections
 * to them in turn, and so evenly: each has an equal part of the limits. To let all accept for themselves
 * (NODE_CLUSTER_SCHED_POLICY=none) saves half of what a bare connection costs, but gave one of eight six times as many as
 * another, and pages stay.
 */
export function superviseWorkers(config: Config, log: Logger): void {
  new Supervisor(config, log).start()
}

class Supervisor {
  readonly #config: Config
  readonly #log: Logger
  readonly #seats: readonly Seat[]
  #isUp = false
  /** How the process will end, once it has been told to. */
  #exitCode: number | undefined

  constructor(config: Config, log: Logger) {
    this.#config = config
    this.#log = log
    const on = {
      announced: (announced: Announced) => this.#begin(announced),
      ended: (seat: Seat, code: number) => this.#seatEnded(seat, code),
    }
    this.#seats = Array.from({ length: config.workers }, () => new Seat(environmentOf(config), log, on))
  }

  /** One first: what one process would refuse to start with, that one is told, and nobody else. */
  start(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => this.#stop(signal))
    this.#seats[0]?.start()
  }

  #begin(announced: Announced): void {
    if (this.#isUp || this.#exitCode !== undefined) return
    this.#isUp = true
    announce(announced, this.#config, this.#log)
    for (const seat of this.#seats.slice(1)) seat.start()
  }

  #seatEnded(seat: Seat, code: number): void {
    if (this.#exitCode !== undefined) {
      if (code !== 0 && code !== TERMINATED) this.#exitCode ||= 1
      return this.#exitWhenEmpty(this.#exitCode)
    }
    if (!this.#isUp) process.exit(code)
    seat.startAgain()
  }

  /** The first time: all send everyone elsewhere, and end. The second means now. */
  #stop(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.#exitCode !== undefined) return this.#endNow(128 + constants.signals[signal])
    this.#exitCode = 0
    for (const seat of this.#seats) seat.stop()
    setTimeout(
      () => {
        this.#log.error('a worker did not end in time')
        this.#endNow(1)
      },
      this.#config.drainSeconds * 1_000 + ENDED_WITHIN_MS,
    )
    this.#exitWhenEmpty(0)
  }

  #endNow(exitCode: number): void {
    this.#exitCode = exitCode
    for (const seat of this.#seats) seat.kill()
    this.#exitWhenEmpty(exitCode)
  }

  /** Nobody is left behind. */
  #exitWhenEmpty(exitCode: number): void {
    if (this.#seats.every((seat) => seat.isEmpty)) process.exit(exitCode)
  }
}

/** What all workers must agree on, and could not by reading the environment each for itself. */
function environmentOf({ workers, madeSecret, jwtSecrets }: Config): Readonly<Record<string, string>> {
  const [secret] = madeSecret ? jwtSecrets : []
  return { WORKERS: String(workers), ...(secret && { JWT_SECRET: secret.export().toString() }) }
}
