import cluster, { type Worker } from 'node:cluster'
import { constants } from 'node:os'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Announced } from '../announce.ts'
import { closeUntaken } from './close-untaken.ts'
import { RestartDelay } from './restart-delay.ts'

export interface SeatEvents {
  /** Its worker serves. */
  announced(announced: Announced): void
  /** Its worker is no more. @param code 0: it ended in order */
  ended(seat: Seat, code: number): void
}

const announcement = z.object({ url: z.string(), token: z.string().exactOptional() })

/** The place of one worker, and whoever fills it at the moment. */
export class Seat {
  readonly #environment: Readonly<Record<string, string>>
  readonly #log: Logger
  readonly #on: SeatEvents
  readonly #delay = new RestartDelay()
  #worker: Worker | undefined
  #timer: NodeJS.Timeout | undefined
  #servingSince: number | undefined

  constructor(environment: Readonly<Record<string, string>>, log: Logger, on: SeatEvents) {
    this.#environment = environment
    this.#log = log
    this.#on = on
  }

  get isEmpty(): boolean {
    return this.#worker === undefined
  }

  start(): void {
    const worker = cluster.fork(this.#environment)
    closeUntaken(worker.process)
    this.#worker = worker
    this.#servingSince = undefined
    this.#log.info({ worker: worker.id, workerPid: worker.process.pid }, 'worker started')
    worker.on('message', (said: unknown) => this.#hear(said))
    worker.once('exit', (code: number | null, signal: NodeJS.Signals | null) => this.#ended(worker, code, signal))
    worker.on('error', (error: Error) => {
      this.#log.error({ worker: worker.id, err: error }, 'trouble with a worker')
      // It never came to life: then nothing tells of its end.
      if (worker.process.pid === undefined) this.#ended(worker, 1, null)
    })
  }

  /** After a while: whoever dies again and again must not keep the machine busy. */
  startAgain(): void {
    const served = this.#servingSince === undefined ? 0 : performance.now() - this.#servingSince
    const restartInMs = this.#delay.next(served)
    this.#log.warn({ restartInMs }, 'a worker will be started again')
    this.#timer = setTimeout(() => this.start(), restartInMs)
  }

  /** As one instance ends; harmless when it has been told so already. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#worker?.process.kill('SIGTERM')
  }

  kill(): void {
    this.#worker?.process.kill('SIGKILL')
  }

  #hear(said: unknown): void {
    const heard = announcement.safeParse(said)
    if (!heard.success) return
    this.#servingSince = performance.now()
    this.#on.announced(heard.data)
  }

  #ended(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const level = code === 0 ? 'info' : 'warn'
    this.#log[level]({ worker: worker.id, workerPid: worker.process.pid, code, signal }, 'worker ended')
    this.#on.ended(this, code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
  }
}
