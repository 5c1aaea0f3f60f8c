import { HubError } from '../errors.ts'
import type { Scope } from '../protocol/scopes.ts'

/** Who is speaking, and what they may do. */
export interface Principal {
  /** Tells callers apart: a key is no token, and one backend is not another. */
  readonly caller: string
  readonly scopes: ReadonlySet<Scope>
  /** What else its token says that it may do: worth nothing, unless a call says what it takes such a word for. */
  readonly otherScopes?: ReadonlySet<string> | undefined
  /** The user id of an approver, the name of a backend. */
  readonly sub?: string | undefined
  readonly device?: string | undefined
  /** Of the key that whoever holds the token has proven to hold; undefined: of none. */
  readonly thumbprint?: string | undefined
  /** The one challenge a wait token is for, and the `statusVersion` it was minted at. */
  readonly challenge?: string | undefined
  readonly since?: number | undefined
  /** Epoch milliseconds; 0 when the token doesn't say. */
  readonly issuedAt: number
  /** Epoch milliseconds; undefined for API keys. */
  readonly expiresAt?: number | undefined
}

export function allows(principal: Principal, ...scopes: readonly Scope[]): boolean {
  return scopes.some((scope) => principal.scopes.has(scope))
}

/** What words of other authorization servers stand for. */
export type Meanings = Readonly<Record<string, Scope>>

/**
 * The same, with what its other words stand for. A person's or a page's token stays one whatever else it says, and whoever
 * has no name is nobody.
 */
export function understood(principal: Principal, meanings: Meanings): Principal {
  const { scopes, otherScopes = new Set<string>(), sub } = principal
  const words = [...otherScopes].filter((word) => Object.hasOwn(meanings, word))
  if (words.length === 0 || sub === undefined || allows(principal, 'challenges:approve', 'challenges:wait'))
    return principal
  return { ...principal, scopes: new Set([...scopes, ...words.flatMap((word) => meanings[word] ?? [])]) }
}

/** Whether this is a backend: a program of the operator's, and no page and no person. */
export function isBackend(principal: Principal): boolean {
  return allows(principal, 'challenges:write', 'challenges:read', 'mfa:write', 'mfa:read')
}

/** Throws `insufficient_scope` unless one of the scopes is held. */
export function demandScope(principal: Principal, ...scopes: readonly Scope[]): void {
  if (allows(principal, ...scopes)) return
  throw new HubError('insufficient_scope', `This needs the scope ${scopes.join(' or ')}.`)
}

/**
 * By what name limits count a caller: a backend and a person by who they are, so that a fresh token is no fresh start, and a
 * waiting page by its challenge.
 */
export function quotaKey(principal: Principal): string {
  if (isBackend(principal)) return `backend ${principal.caller}`
  if (allows(principal, 'challenges:approve')) return `person ${principal.sub}`
  return `page ${principal.challenge}`
}
