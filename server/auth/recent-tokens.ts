import { allows, type Principal } from './principal.ts'

/** A token is verified again after this, so that an issuer that takes a key back is heeded. Milliseconds. */
const REMEMBERED_MS = 60_000
const MOST_TOKENS = 1_000

/**
 * Tokens verified a moment ago: a backend sends the same one a thousand times a second. Pages' tokens are not kept, each is
 * used once or twice. Whether a token was revoked is no part of this; that is asked of the store each time.
 */
export class RecentTokens {
  readonly #tokens = new Map<unknown, { readonly principal: Principal; readonly until: number }>()

  /** @param now epoch milliseconds by the store's clock */
  find(token: unknown, now: number): Principal | undefined {
    const known = this.#tokens.get(token)
    if (!known) return undefined
    if (performance.now() < known.until && now < (known.principal.expiresAt ?? 0)) return known.principal
    this.#tokens.delete(token)
    return undefined
  }

  remember(token: unknown, principal: Principal): void {
    if (!allows(principal, 'challenges:read', 'challenges:write')) return
    if (this.#tokens.size >= MOST_TOKENS) {
      for (const oldest of this.#tokens.keys()) {
        this.#tokens.delete(oldest)
        break
      }
    }
    this.#tokens.set(token, { principal, until: performance.now() + REMEMBERED_MS })
  }
}
