import { describe, expect, it } from 'vitest'
import { API_KEY, blamed, PRODUCTION, problemsOf, read, SECRET, STORE_KEY } from './environment.ts'

const REDIS_URL = 'redis://127.0.0.1:6379'

describe('production', () => {
  it('starts with a secret, on memory', () => {
    expect(read(PRODUCTION).redisUrl).toBeUndefined()
  })

  it('starts with a secret and a store key, on Redis', () => {
    expect(read({ ...PRODUCTION, REDIS_URL, STORE_KEY }).storeKeys).toHaveLength(1)
  })

  it.each([undefined, '', ',', ' , '])('does not start with the secret "%s"', (JWT_SECRET) => {
    expect(blamed({ ...PRODUCTION, JWT_SECRET })).toEqual(['JWT_SECRET'])
  })

  it.each([undefined, '', ',', ' , '])('does not start on Redis with the store key "%s"', (STORE_KEY) => {
    expect(blamed({ ...PRODUCTION, REDIS_URL, STORE_KEY })).toEqual(['STORE_KEY'])
  })

  it('does not start without a secret because others can make tokens', () => {
    const elsewhere = { JWKS_URL: 'https://id.example/jwks.json', JWT_ISSUER: 'https://id.example', API_KEYS: API_KEY }
    expect(blamed({ NODE_ENV: 'production', ...elsewhere })).toEqual(['JWT_SECRET'])
  })

  it('says how to make what is missing', () => {
    const problems = problemsOf({ NODE_ENV: 'production', REDIS_URL })
    expect(problems.map((problem) => /^(\w+):.*openssl rand -base64 \d+/.exec(problem)?.[1])).toEqual([
      'JWT_SECRET',
      'STORE_KEY',
    ])
  })

  it('tells what is missing and what is wrong at once', () => {
    const environment = { NODE_ENV: 'production', REDIS_URL, PORT: 'x', LOG_LEVEL: 'loud' }
    expect(new Set(blamed(environment))).toEqual(new Set(['PORT', 'LOG_LEVEL', 'JWT_SECRET', 'STORE_KEY']))
  })

  it('tells that the secret is missing although Redis is wrong', () => {
    expect(new Set(blamed({ NODE_ENV: 'production', REDIS_URL: 'nowhere' }))).toEqual(
      new Set(['REDIS_URL', 'JWT_SECRET', 'STORE_KEY']),
    )
  })
})

describe('outside production', () => {
  it('starts on Redis without a store key', () => {
    expect(read({ REDIS_URL }).storeKeys).toEqual([])
  })

  it('uses the secret it is given', () => {
    const { jwtSecrets, madeSecret } = read({ JWT_SECRET: SECRET })
    expect(madeSecret).toBe(false)
    expect(jwtSecrets.map((secret) => secret.export().toString())).toEqual([SECRET])
  })
})
