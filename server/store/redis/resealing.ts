import type { RedisCommands } from './redis-commands.ts'
import type { Vault } from './vault.ts'

/** Again and again while two keys are in use: other instances may still seal with the old one. Milliseconds. */
const EVERY_MS = 600_000
/** After a round that found some, to see that there are no more. Milliseconds. */
const AGAIN_MS = 5_000

const SOME_WERE = 'documents were sealed anew with the first STORE_KEY'
const ALL_ARE =
  'all documents are sealed with the first STORE_KEY: once every instance has it first, the others can be removed'

type Tell = (told: { readonly count: number }, message: string) => void

/**
 * While store keys are being rotated, puts documents that lie still under the newest key, so that none is left under the
 * old one when it is taken away.
 */
export class Resealing {
  readonly #redis: RedisCommands
  readonly #vault: Vault
  readonly #tell: Tell
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  /** @param tell what an operator who rotates keys waits for, after each round */
  constructor(redis: RedisCommands, vault: Vault, tell: Tell, onError: (error: unknown) => void) {
    this.#redis = redis
    this.#vault = vault
    this.#tell = tell
    this.#onError = onError
  }

  start(): void {
    if (this.#timer) return
    this.#schedule(0)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** One round over all documents; resolves with how many were under another key than the newest. */
  async run(): Promise<number> {
    let count = 0
    for await (const names of this.#redis.scan(this.#vault.beginning)) {
      const sealed = await Promise.all(names.map((name) => this.#sealAnew(name)))
      count += sealed.filter(Boolean).length
    }
    return count
  }

  #schedule(afterMs: number): void {
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.#runAside(), afterMs).unref()
  }

  async #runAside(): Promise<void> {
    try {
      const count = await this.run()
      if (!this.#stopped) this.#tell({ count }, count > 0 ? SOME_WERE : ALL_ARE)
      this.#schedule(count > 0 ? AGAIN_MS : EVERY_MS)
    } catch (error) {
      this.#onError(error)
      this.#schedule(AGAIN_MS)
    }
  }

  async #sealAnew(name: string): Promise<boolean> {
    const bytes = await this.#redis.read(name)
    const anew = bytes && this.#vault.sealAnew(name, bytes)
    // A document that moved on meanwhile was sealed by whoever moved it.
    return anew ? this.#redis.reseal(name, anew.header, anew.value) : false
  }
}
