import type { KeyObject } from 'node:crypto'
import { HubError } from '../errors.ts'
import type { ApiKeys } from './api-keys.ts'
import type { Principal } from './principal.ts'
import { RecentTokens } from './recent-tokens.ts'
import { type TokenRules, verifyToken } from './verify-token.ts'

export interface Credentials {
  readonly authorization?: string | undefined
  readonly apiKey?: string | undefined
}

/** The one door: tells who speaks, from an HTTP request's headers or a socket's `auth`. */
export class Authenticator {
  readonly #rules: TokenRules
  readonly #apiKeys: ApiKeys
  readonly #now: () => number
  readonly #recent = new RecentTokens()

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

  async token(token: unknown): Promise<Principal> {
    const now = this.#now()
    const known = this.#recent.find(token, now)
    if (known) return known
    const principal = await verifyToken(this.#rules, token, now)
    this.#recent.remember(token, principal)
    return principal
  }

  async headers({ authorization, apiKey }: Credentials): Promise<Principal> {
    if (authorization !== undefined) {
      const [, token] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
      if (!token) throw new HubError('invalid_token', 'The Authorization header must be "Bearer" and a token.')
      return this.token(token)
    }
    if (apiKey !== undefined) return this.#apiKeys.verify(apiKey)
    throw new HubError('invalid_token', 'An Authorization header with a bearer token (or an API-Key header) is needed.')
  }
}
