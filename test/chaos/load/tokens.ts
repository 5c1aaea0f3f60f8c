import { createSecretKey } from 'node:crypto'
import { issueToken } from '../../../server/auth/issue-token.ts'
import { TEST_SECRET } from '../../support/hub.ts'

/** Longer than any run. Milliseconds. */
const LIFE_MS = 3_600_000

export interface Tokens {
  backend(): string
  approver(user: string, device: string): string
}

/** Tokens like those of the hubs' own: they share the secret. */
export function mintTokens(): Tokens {
  const key = createSecretKey(Buffer.from(TEST_SECRET))
  const mint = (claims: Parameters<typeof issueToken>[1]) => issueToken(key, claims, Date.now(), Date.now() + LIFE_MS)
  return {
    backend: () => mint({ scope: 'challenges:write challenges:read', sub: 'chaos' }),
    approver: (user, device) => mint({ scope: 'challenges:approve', sub: user, device }),
  }
}
