import type { Meanings } from '../../auth/principal.ts'
import type { Endpoint } from '../../http/endpoint.ts'
import type { Scope } from '../../protocol/scopes.ts'

/** A call, before it is said who may make it: backends only, whatever it is. */
export interface DialectCall extends Pick<Endpoint, 'method' | 'path' | 'answer'> {
  /** Default: who may write. */
  readonly scopes?: readonly Scope[]
}

export const READ: readonly Scope[] = ['mfa:read', 'mfa:write']
const WRITE: readonly Scope[] = ['mfa:write']

/** Seed 003: "Read access to user and contact related resources", "Full access …", "Admin write (update) access to challenges …". */
const MEANINGS: Meanings = { 'profiles/read': 'mfa:read', 'profiles/full': 'mfa:write', 'admin/write': 'mfa:write' }

/** Seed 003 sends an API key and a token: who sends both must be right in both. */
export function toEndpoint({ scopes = WRITE, ...call }: DialectCall): Endpoint {
  return { ...call, scopes, meanings: MEANINGS, credentials: 'each' }
}
