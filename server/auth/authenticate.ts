import type { KeyObject } from 'node:crypto'
import { HubError } from '../errors.ts'
import type { ApiKeys } from './api-keys.ts'
import { type IssueToken, ownClaims, signToken } from './issue-token.ts'
import { isBackend, type Principal } from './principal.ts'
import { RecentTokens } from './recent-tokens.ts'
import { type TokenRules, toPrincipal, verifyToken } from './verify-token.ts'

/** So many tokens are remembered of each. */
const MOST_BACKENDS = 1_000
const MOST_PAGES = 2_000

export interface Credentials {
  readonly authorization?: string | undefined
  readonly apiKey?: string | undefined
}

/** The one door: tells who speaks, from an HTTP request's headers or a socket's `auth`. */
export class Authenticator {
  readonly #rules: TokenRules
  readonly #apiKeys: ApiKeys
  readonly #now: () => number
  /** A backend sends the same token a thousand times a second; a page's comes once or twice. */
  readonly #recent = new RecentTokens(MOST_BACKENDS)
  /** A page comes a moment after its token was made. */
  readonly #issued = new RecentTokens(MOST_PAGES)

  /** @param now epoch milliseconds by the store's clock */
  constructor(rules: TokenRules, apiKeys: ApiKeys, now: () => number) {
    this.#rules = rules
    this.#apiKeys = apiKeys
    this.#now = now
  }

  /** The key the hub signs its own tokens with. */
  get signingKey(): KeyObject {
    const [first] = this.#rules.secrets
    if (!first) throw new Error('the hub has no secret to sign with')
    return first
  }

  /** Makes a page's token, and need not check it when it comes back a moment later. */
  readonly issue: IssueToken = (claims, now, expiresAt) => {
    const own = ownClaims(claims, now, expiresAt)
    const token = signToken(this.signingKey, own)
    this.#issued.remember(token, toPrincipal(own))
    return token
  }

  async token(token: unknown): Promise<Principal> {
    const now = this.#now()
    const known = this.#recent.find(token, now) ?? this.#issued.find(token, now)
    if (known) return known
    const principal = await verifyToken(this.#rules, token, now)
    if (isBackend(principal)) this.#recent.remember(token, principal)
    return principal
  }

  /** @param rule `each`: whatever is shown must be good; default: the token counts, and no key is looked at beside it */
  async headers({ authorization, apiKey }: Credentials, rule: 'each' | 'first' = 'first'): Promise<Principal> {
    if (rule === 'each' && apiKey !== undefined) this.#apiKeys.verify(apiKey)
    if (authorization !== undefined) {
      const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
      if (!token) throw new HubError('invalid_token', 'The Authorization header must be "Bearer" and a token.')
      return this.token(token)
    }
    if (apiKey !== undefined) return this.#apiKeys.verify(apiKey)
    throw new HubError('invalid_token', 'An Authorization header with a bearer token (or an API-Key header) is needed.')
  }
}
