import { setTimeout as pause } from 'node:timers/promises'
import { type RedisLink, RedisRefused } from './redis-link.ts'

/** Between two tries. Milliseconds. */
const PAUSE_MS = 100
/** Of so many tries that fail, one is told. */
const TELL_ONE_IN = 50

export interface RecoveryOptions {
  readonly link: RedisLink
  /** Brings everything back that these channels carried; undefined: everything there is. It is repeated until it works. */
  readonly recover: (lost: readonly string[] | undefined) => Promise<void>
  /** All is as it should be. */
  readonly done: () => void
  /** It won't be with this Redis, until there is a new connection. */
  readonly refused: (error: RedisRefused) => void
  readonly onError: (error: unknown) => void
}

/** After a broken connection: subscribes and reads again what was lost, until it has worked. */
export class Recovery {
  readonly #options: RecoveryOptions
  #lost: Set<string> | 'everything' | undefined
  #running = false
  #stopped = false

  constructor(options: RecoveryOptions) {
    this.#options = options
  }

  /** @param channels default: all */
  begin(channels?: Iterable<string>): void {
    this.#lose(channels && new Set(channels))
    if (!this.#running) void this.#run()
  }

  stop(): void {
    this.#stopped = true
  }

  async #run(): Promise<void> {
    this.#running = true
    const { link, recover, done, refused, onError } = this.#options
    for (let failures = 0; this.#lost !== undefined && !this.#stopped; ) {
      const lost = this.#lost
      this.#lost = undefined
      try {
        await recover(lost === 'everything' ? undefined : [...lost])
        failures = 0
      } catch (error) {
        if (error instanceof RedisRefused) {
          this.#running = false
          return refused(error)
        }
        this.#lose(lost === 'everything' ? undefined : lost)
        if (failures++ % TELL_ONE_IN === 0) onError(error)
        await pause(PAUSE_MS)
      }
    }
    this.#running = false
    // Otherwise a connection is still missing; when it opens, this begins again.
    if (link.complete && !this.#stopped) done()
  }

  #lose(channels: ReadonlySet<string> | undefined): void {
    if (this.#lost === 'everything') return
    if (channels === undefined) this.#lost = 'everything'
    else this.#lost = new Set([...(this.#lost ?? []), ...channels])
  }
}
