import type { Principal } from './principal.ts'

/** A token is verified again after this, so that an issuer that takes a key back is heeded. Milliseconds. */
const REMEMBERED_MS = 60_000

/**
 * Tokens known to be good, for a while. Whether a token was revoked is no part of this; that is asked of the store each
 * time.
 */
export class RecentTokens {
  readonly #most: number
  readonly #tokens = new Map<unknown, { readonly principal: Principal; readonly until: number }>()

  /** @param most so many are kept, the newest */
  constructor(most: number) {
    this.#most = most
  }

  /** @param now epoch milliseconds by the store's clock */
  find(token: unknown, now: number): Principal | undefined {
    const known = this.#tokens.get(token)
    if (!known) return undefined
    if (performance.now() < known.until && now < (known.principal.expiresAt ?? 0)) return known.principal
    this.#tokens.delete(token)
    return undefined
  }

  remember(token: unknown, principal: Principal): void {
    if (this.#tokens.size >= this.#most) {
      for (const oldest of this.#tokens.keys()) {
        this.#tokens.delete(oldest)
        break
      }
    }
    this.#tokens.set(token, { principal, until: performance.now() + REMEMBERED_MS })
  }
}
