import { generateKeyPairSync, sign } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { jwksKeys } from '../../server/auth/jwks.ts'
import type { FindKey } from '../../server/auth/verify-token.ts'
import { EC_JWK, type Issuer, RSA_JWK, startIssuer } from './issuer.ts'
import { BACKEND, es256, expectRefused, forge, NOW, RSA, rs256, verify } from './tokens.ts'

let issuer: Issuer
let findKey: FindKey

beforeEach(async () => {
  issuer = await startIssuer()
  findKey = jwksKeys(issuer.url)
})
afterEach(() => issuer.stop())

const expectAccepted = async (token: string) => expect((await verify(token, { findKey })).sub).toBe('shop')
const expectBusy = async (token: string) => {
  await expect(verify(token, { findKey })).rejects.toMatchObject({ code: 'busy', extras: { retryAfter: 2 } })
}

describe("an issuer's keys", () => {
  it('open RS256 and ES256 tokens', async () => {
    await expectAccepted(rs256(BACKEND))
    await expectAccepted(es256(BACKEND))
  })

  it('are asked for once, however many tokens come at once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => expectAccepted(rs256(BACKEND))))
    await expectAccepted(rs256(BACKEND))
    expect(issuer.asked).toBe(1)
  })

  it('are not asked for by a token that names none of the accepted algorithms', async () => {
    await expectRefused(
      forge({ alg: 'none', kid: 'rsa' }, BACKEND, () => Buffer.alloc(0)),
      { rules: { findKey } },
    )
    await expectRefused('garbage', { rules: { findKey } })
    expect(issuer.asked).toBe(0)
  })

  it('are taken up when a new one is listed', async () => {
    await expectAccepted(rs256(BACKEND))
    const next = generateKeyPairSync('rsa', { modulusLength: 2048 })
    issuer.list(RSA_JWK, { ...next.publicKey.export({ format: 'jwk' }), kid: 'next', use: 'sig', alg: 'RS256' })
    await expectAccepted(rs256(BACKEND, 'next', next.privateKey))
    await expectAccepted(rs256(BACKEND))
  })

  it('that have no name are found when there is but one, and not guessed when there are two', async () => {
    const unnamed = forge({ alg: 'RS256' }, BACKEND, (input) => sign('sha256', Buffer.from(input), RSA.privateKey))
    await expectRefused(unnamed, { rules: { findKey } })
    issuer.list(RSA_JWK)
    expect((await verify(unnamed, { findKey: jwksKeys(issuer.url) })).sub).toBe('shop')
  })

  it.each([
    ['an unknown name', rs256(BACKEND, 'other')],
    ['an empty name', rs256(BACKEND, '')],
    ['a name every object has', rs256(BACKEND, '__proto__')],
    ['the name of another', rs256(BACKEND, 'ec')],
  ])('do not open a token with %s', (_what, token) => expectRefused(token, { rules: { findKey } }))

  it.each([
    ['an unknown curve', { kty: 'EC', crv: 'P-999', x: 'AA', y: 'AA', kid: 'bad', use: 'sig' }],
    ['an unknown type', { kty: 'XYZ', kid: 'bad', use: 'sig' }],
    ['nothing in it', {}],
  ])('are good although one beside them has %s', async (_what, bad) => {
    issuer.list(bad, RSA_JWK)
    await expectAccepted(rs256(BACKEND))
  })

  it('that are for encryption open nothing', async () => {
    issuer.list(EC_JWK, { ...RSA_JWK, use: 'enc' })
    await expectRefused(rs256(BACKEND), { rules: { findKey } })
  })

  it('that are symmetric open nothing', async () => {
    const k = Buffer.from('a-secret-that-everyone-can-read-here').toString('base64url')
    issuer.list(EC_JWK, { kty: 'oct', k, kid: 'oct', use: 'sig', alg: 'HS256' })
    await expectRefused(
      forge({ alg: 'RS256', kid: 'oct' }, BACKEND, () => Buffer.from('x')),
      { rules: { findKey } },
    )
  })
})

describe('an issuer that is away', () => {
  it.each([
    ['answers 500', 500, ''],
    ['answers 404', 404, 'not here'],
    ['answers no JSON', 200, '<html>'],
    ['answers other JSON', 200, '[]'],
    ['lists nothing', 200, '{"keys":[]}'],
  ])('(%s) makes the hub busy, not broken', async (_how, status, body) => {
    issuer.answer(status, body)
    await expectBusy(rs256(BACKEND))
    issuer.answer()
    await expectAccepted(rs256(BACKEND))
  })

  it('(refuses connections) makes the hub busy, not broken', async () => {
    await issuer.stop()
    await expectBusy(es256(BACKEND))
    issuer = await startIssuer()
  })

  it('is not missed for keys it has listed before', async () => {
    await expectAccepted(rs256(BACKEND))
    issuer.answer(500)
    await expectAccepted(rs256(BACKEND))
  })

  it('does not stand in the way of expiry', async () => {
    await expectAccepted(rs256(BACKEND))
    issuer.answer(500)
    await expectRefused(rs256({ ...BACKEND, exp: 1 }), { rules: { findKey }, code: 'expired_token', now: NOW })
  })
})

describe('an issuer that stays away', () => {
  /** What becomes of one token after another: the issuer may not be asked for each. */
  const outcomes = async (token: string) => {
    const told = new Set<string>()
    for (let count = 0; count < 25; count++) {
      told.add(
        await verify(token, { findKey }).then(
          () => 'accepted',
          (error) => error.code,
        ),
      )
    }
    return [...told]
  }

  it('is told of alike to the first and to the last whose key is not known', async () => {
    await expectAccepted(rs256(BACKEND))
    issuer.answer(500)
    expect(await outcomes(rs256(BACKEND, 'new'))).toEqual(['busy'])
  })

  it('makes no difference between the first and the last whose key was known ten minutes ago', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    await expectAccepted(rs256(BACKEND))
    issuer.answer(500)
    vi.advanceTimersByTime(10 * 60_000 + 1)
    expect(await outcomes(rs256(BACKEND))).toHaveLength(1)
  })
})

describe('a key that is no longer listed', () => {
  it('is believed for ten minutes at most', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    await expectAccepted(rs256(BACKEND))
    issuer.list(EC_JWK)
    vi.advanceTimersByTime(10 * 60_000 + 1)
    await expectRefused(rs256(BACKEND), { rules: { findKey } })
    await expectAccepted(es256(BACKEND))
  })
})

describe('rubbish tokens, that anyone can send', () => {
  const flood = async () => {
    for (let count = 0; count < 25; count++) await verify(rs256(BACKEND, `made-up-${count}`), { findKey }).catch(String)
  }

  it('keep nobody out whose key is known', async () => {
    await expectAccepted(rs256(BACKEND))
    await flood()
    await expectAccepted(rs256(BACKEND))
  })

  it('keep nobody out whose key is listed', async () => {
    await flood()
    await expectAccepted(rs256(BACKEND))
  })

  it('do not make the hub ask the issuer each time', async () => {
    await flood()
    expect(issuer.asked).toBeLessThanOrEqual(10)
  })
})
