import type { RedisCommands } from './redis-commands.ts'
import type { Vault } from './vault.ts'

/** Again and again while two keys are in use: other instances may still seal with the old one. Milliseconds. */
const EVERY_MS = 600_000

/**
 * While store keys are being rotated, puts documents that lie still under the newest key, so that none is left under the
 * old one when it is taken away.
 */
export class Resealing {
  readonly #redis: RedisCommands
  readonly #vault: Vault
  readonly #told: (count: number) => void
  readonly #onError: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined

  /** @param told how many documents a round has sealed anew */
  constructor(redis: RedisCommands, vault: Vault, told: (count: number) => void, onError: (error: unknown) => void) {
    this.#redis = redis
    this.#vault = vault
    this.#told = told
    this.#onError = onError
  }

  start(): void {
    if (this.#timer) return
    this.#timer = setInterval(() => this.#runAside(), EVERY_MS)
    this.#timer.unref()
    this.#runAside()
  }

  stop(): void {
    clearInterval(this.#timer)
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

  #runAside(): void {
    this.run().then(this.#told, this.#onError)
  }

  async #sealAnew(name: string): Promise<boolean> {
    const bytes = await this.#redis.read(name)
    const anew = bytes && this.#vault.sealAnew(name, bytes)
    // A document that moved on meanwhile was sealed by whoever moved it.
    return anew ? this.#redis.reseal(name, anew.header, anew.value) : false
  }
}
