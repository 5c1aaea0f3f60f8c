import type { Principal } from '../auth/principal.ts'
import type { ChallengeContext } from '../challenge/context.ts'

const NEVER = () => undefined

/** Calls back when a token expires by the store's clock; returns what prevents it. */
export function atExpiry(
  { deadlines }: ChallengeContext,
  { expiresAt }: Pick<Principal, 'expiresAt'>,
  expire: () => void,
): () => void {
  return expiresAt === undefined ? NEVER : deadlines.set(expiresAt, expire)
}
