import { describe, expect, it } from 'vitest'
import { problemsOf } from './environment.ts'

const TOLD = 'hunter2hunter2hunter2'

/** Mistakes with a secret in them: a typing error must not end in a log. */
const MISTAKES: readonly (readonly [string, Record<string, string>])[] = [
  ['a short secret', { JWT_SECRET: TOLD }],
  ['a short second secret', { JWT_SECRET: `${'s'.repeat(32)},${TOLD}` }],
  ['a store key that is no base64 of 32 bytes', { STORE_KEY: TOLD }],
  ['a Redis URL of an unknown sort', { REDIS_URL: `http://user:${TOLD}@redis.example` }],
  ['a Redis URL that is none', { REDIS_URL: `user:${TOLD}@redis.example` }],
  ['a Sentinel URL without the name', { REDIS_URL: `redis+sentinel://user:${TOLD}@redis.example` }],
  ['a cluster URL with a wrong port', { REDIS_URL: `redis+cluster://user:${TOLD}@redis.example:x` }],
  ['a cluster URL with a bare % in it', { REDIS_URL: `redis+cluster://user:${TOLD}%@redis.example` }],
  ['a Sentinel URL with a wrong parameter', { REDIS_URL: `redis+sentinel://redis.example/m?password=${TOLD}` }],
  ['a JWKS URL with a password', { JWKS_URL: `ftp://user:${TOLD}@id.example` }],
  ['an API key without scopes', { API_KEYS: `shop:${TOLD}` }],
  ['an API key with an unknown scope', { API_KEYS: `shop:${TOLD}:admin` }],
  ['an API key without a name', { API_KEYS: `${TOLD}:challenges:write` }],
  ['an API key alone', { API_KEYS: TOLD }],
  ['an API key with a colon in it', { API_KEYS: `shop:0123456789abcdef:${TOLD}:challenges:write` }],
  ['an API key with a comma in it', { API_KEYS: `shop:0123456789abcdef,${TOLD}:challenges:write` }],
  ['name and key exchanged', { API_KEYS: `${TOLD}:shop:challenges:write` }],
  ['a secret as the origin', { CORS_ORIGINS: TOLD }],
  ['a private key that is none', { VAPID_PRIVATE_KEY: TOLD }],
]

describe('what is told of a mistake', () => {
  it.each(MISTAKES)('never shows the secret in it: %s', (_what, environment) => {
    const told = problemsOf(environment).join('\n')
    expect(told).toContain(Object.keys(environment)[0])
    expect(told).not.toContain(TOLD)
    expect(told).not.toContain(TOLD.slice(0, 8))
  })
})

describe('several mistakes at once', () => {
  it('never show a secret either', () => {
    const told = problemsOf({ JWT_SECRET: TOLD, STORE_KEY: TOLD, REDIS_URL: TOLD, API_KEYS: `shop:${TOLD}`, PORT: 'x' })
    expect(told).toHaveLength(5)
    expect(told.join('\n')).not.toContain(TOLD)
  })
})
