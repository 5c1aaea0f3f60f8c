import type { KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Scope } from '../protocol/scopes.ts'

/** The issuer of the hub's own tokens. */
export const OWN_ISSUER = 'assent'

export interface TokenClaims {
  readonly scope: Scope | string
  readonly sub?: string
  readonly device?: string
  readonly challenge?: string
  readonly since?: number
}

/**
 * Signs a token of the hub's own (HS256).
 * @param now epoch milliseconds by the store's clock
 * @param expiresAt epoch milliseconds
 */
export function issueToken(key: KeyObject, claims: TokenClaims, now: number, expiresAt: number): string {
  const times = { iat: Math.floor(now / 1_000), exp: Math.ceil(expiresAt / 1_000) }
  return jwt.sign({ iss: OWN_ISSUER, ...claims, ...times }, key, { algorithm: 'HS256' })
}
