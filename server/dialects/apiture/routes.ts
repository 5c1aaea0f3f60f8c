import type { Dialect } from '../../http/dialect.ts'
import type { Speaker } from '../dialects.ts'
import { authenticatorCalls } from './authenticator-calls.ts'
import { toEndpoint } from './call.ts'
import { challengeCalls } from './challenge-calls.ts'
import { tell } from './errors.ts'

/** Seed 003: challenges of which a user has one at a time, and which a service redeems once. */
export function apiture({ mfa, limits }: Speaker): Dialect {
  return {
    prefix: '/auth',
    endpoints: [...challengeCalls(mfa, limits), ...authenticatorCalls(mfa)].map(toEndpoint),
    tell,
    // Seed 003: "End users cannot call this operation."
    isForPages: false,
  }
}
