import type { RedisCommands } from './redis-commands.ts'
import { RedisRefused } from './redis-link.ts'
import { judgeServer } from './server-fitness.ts'

/** Looks at every server when it is connected to: an unfit one is refused, and each weakness is told once. */
export class StartCheck {
  readonly #commands: RedisCommands
  readonly #strict: boolean
  readonly #warn: (message: string) => void
  readonly #told = new Set<string>()

  constructor(commands: RedisCommands, strict: boolean, warn: (message: string) => void) {
    this.#commands = commands
    this.#strict = strict
    this.#warn = warn
  }

  /** Throws `RedisRefused`. */
  async run(): Promise<void> {
    for (const info of await this.#ask()) {
      const { refusals, warnings } = judgeServer(info, this.#strict)
      if (refusals.length > 0) throw new RedisRefused(refusals.join('; '))
      for (const warning of warnings) this.#tell(warning)
    }
  }

  async #ask(): Promise<readonly string[]> {
    try {
      return await this.#commands.info()
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOPERM'))) throw error
      this.#tell(
        'Redis does not let us ask (INFO) how it keeps documents: make sure of AOF and of maxmemory-policy noeviction',
      )
      return []
    }
  }

  #tell(warning: string): void {
    if (this.#told.has(warning)) return
    this.#told.add(warning)
    this.#warn(warning)
  }
}
