import { createPublicKey, type KeyObject } from 'node:crypto'
import { JwksClient } from 'jwks-rsa'
import { HubError } from '../errors.ts'
import type { FindKey } from './verify-token.ts'

/** For how long an issuer's key is believed without asking again. Milliseconds. */
const BELIEVED_MS = 600_000
const TIMEOUT_MS = 5_000
const ASKED_PER_MINUTE = 10

/** Reads an issuer's public keys, remembers them, and asks for unknown ones at most ten times a minute. */
export function jwksKeys(url: string): FindKey {
  const client = new JwksClient({
    jwksUri: url,
    cache: true,
    cacheMaxAge: BELIEVED_MS,
    rateLimit: true,
    jwksRequestsPerMinute: ASKED_PER_MINUTE,
    timeout: TIMEOUT_MS,
  })
  // Parsed once per key: the text of a key is the same as long as the key is.
  const parsed = new Map<string, KeyObject>()
  return async (keyId) => {
    const pem = (await client.getSigningKey(keyId).catch(explain)).getPublicKey()
    const known = parsed.get(pem)
    if (known) return known
    const key = createPublicKey(pem)
    if (parsed.size >= 100) parsed.clear()
    parsed.set(pem, key)
    return key
  }
}

function explain(error: Error): never {
  if (error.name === 'SigningKeyNotFoundError') {
    throw new HubError('invalid_token', 'The token is signed with a key its issuer does not list.')
  }
  throw Object.assign(
    new HubError('busy', "The issuer's keys cannot be read at the moment. Try again.", { retryAfter: 2 }),
    {
      cause: error,
    },
  )
}
