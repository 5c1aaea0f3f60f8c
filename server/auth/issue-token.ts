import type { KeyObject } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Scope } from '../protocol/scopes.ts'

/** The issuer of the hub's own tokens. */
export const OWN_ISSUER = 'assent'

export interface TokenClaims {
  readonly scope: Scope | string
  readonly sub?: string
  readonly device?: string
  /** The key it is bound to (RFC 7800). */
  readonly cnf?: { readonly jkt: string }
  readonly challenge?: string
  readonly since?: number
}

/** Makes tokens of the hub's own: claims, then when it is now and when they expire, epoch milliseconds by the store's clock. */
export type IssueToken = (claims: TokenClaims, now: number, expiresAt: number) => string

/** What a token of the hub's own says. Times as in `IssueToken`. */
export function ownClaims(claims: TokenClaims, now: number, expiresAt: number) {
  return { iss: OWN_ISSUER, ...claims, iat: Math.floor(now / 1_000), exp: Math.ceil(expiresAt / 1_000) }
}

/** Signs (HS256). */
export function signToken(key: KeyObject, claims: ReturnType<typeof ownClaims>): string {
  return jwt.sign(claims, key, { algorithm: 'HS256' })
}

/** Makes a token of the hub's own. Times as in `IssueToken`. */
export function issueToken(key: KeyObject, claims: TokenClaims, now: number, expiresAt: number): string {
  return signToken(key, ownClaims(claims, now, expiresAt))
}
