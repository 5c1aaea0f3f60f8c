import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, sign as signBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  BACKEND,
  EC,
  es256,
  expectRefused,
  findKey,
  forge,
  hs256,
  OLD_SECRET,
  RSA,
  rs256,
  SECRET,
  verify,
} from './tokens.ts'

const rules = { findKey }
const hmac = (algorithm: string, key: string | Buffer) => (input: string) =>
  createHmac(algorithm, key).update(input).digest()

describe('what is accepted', () => {
  it.each([
    ['HS256 with the secret', hs256(BACKEND)],
    ['RS256 with a listed key', rs256(BACKEND)],
    ['ES256 with a listed key', es256(BACKEND)],
  ])('%s', async (_what, token) => {
    const { sub, scopes } = await verify(token, rules)
    expect({ sub, scopes: [...scopes] }).toEqual({ sub: 'shop', scopes: ['challenges:write'] })
  })
})

describe('rotation', () => {
  const both = { secrets: [SECRET, OLD_SECRET] }

  it('takes tokens of the first secret and of the second', async () => {
    expect((await verify(hs256(BACKEND, SECRET), both)).sub).toBe('shop')
    expect((await verify(hs256(BACKEND, OLD_SECRET), both)).sub).toBe('shop')
  })

  it('tells the truth about an old token of the second', async () => {
    await expectRefused(hs256({ ...BACKEND, exp: 1 }, OLD_SECRET), { rules: both, code: 'expired_token' })
  })

  it('refuses a third, and the old one once it is removed', async () => {
    await expectRefused(hs256(BACKEND, createSecretKey(randomBytes(48))), { rules: both })
    await expectRefused(hs256(BACKEND, OLD_SECRET))
  })
})

describe('no other algorithm', () => {
  const none = () => Buffer.alloc(0)

  it.each(['none', 'None', 'NONE', 'nOnE', '', 'HS256 ', 'hs256', 'Hs256', 'RS256\0'])('unsigned: "%s"', (alg) =>
    expectRefused(forge({ alg }, BACKEND, none), { rules }),
  )

  it.each(['HS256', 'RS256', 'ES256'])('%s with no signature', (alg) =>
    expectRefused(forge({ alg, kid: alg === 'RS256' ? 'rsa' : 'ec' }, BACKEND, none), { rules }),
  )

  it.each([
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ])('%s, although the secret is right', (alg, hash) =>
    expectRefused(forge({ alg }, BACKEND, hmac(hash, SECRET.export())), { rules }),
  )

  it.each([
    ['RS384', 'sha384'],
    ['RS512', 'sha512'],
  ])('%s, although the key is right', (alg, hash) => {
    const sign = (input: string) => signBytes(hash, Buffer.from(input), RSA.privateKey)
    return expectRefused(forge({ alg, kid: 'rsa' }, BACKEND, sign), { rules })
  })

  it('PS256, although the key is right', () => {
    const key = { key: RSA.privateKey, padding: 6, saltLength: 32 }
    const sign = (input: string) => signBytes('sha256', Buffer.from(input), key)
    return expectRefused(forge({ alg: 'PS256', kid: 'rsa' }, BACKEND, sign), { rules })
  })

  it('EdDSA', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const sign = (input: string) => signBytes(null, Buffer.from(input), privateKey)
    return expectRefused(forge({ alg: 'EdDSA', kid: 'ec' }, BACKEND, sign), { rules })
  })

  it.each([
    ['RS256', rs256(BACKEND)],
    ['ES256', es256(BACKEND)],
  ])('%s, when no issuer is configured', (_alg, token) => expectRefused(token))
})

describe('no confusion', () => {
  const pems = [
    ['an RSA public key (SPKI)', RSA.publicKey.export({ type: 'spki', format: 'pem' })],
    ['an RSA public key (PKCS #1)', RSA.publicKey.export({ type: 'pkcs1', format: 'pem' })],
    ['an RSA public key in one line', String(RSA.publicKey.export({ type: 'spki', format: 'pem' })).trim()],
    ['an EC public key', EC.publicKey.export({ type: 'spki', format: 'pem' })],
    ['an RSA public key (DER)', RSA.publicKey.export({ type: 'spki', format: 'der' })],
    ['an RSA public key (JWK)', JSON.stringify(RSA.publicKey.export({ format: 'jwk' }))],
  ] as const

  it.each(pems)('HS256 with %s as the secret', async (_what, secret) => {
    for (const name of [{}, { kid: 'rsa' }, { kid: 'ec' }]) {
      await expectRefused(forge({ alg: 'HS256', ...name }, BACKEND, hmac('sha256', secret)), { rules })
    }
  })

  it('RS256 with the secret as the key', () =>
    expectRefused(forge({ alg: 'RS256', kid: 'rsa' }, BACKEND, hmac('sha256', SECRET.export())), { rules }))

  it('RS256 that names an EC key, ES256 that names an RSA key', async () => {
    await expectRefused(rs256(BACKEND, 'ec'), { rules })
    await expectRefused(es256(BACKEND, 'rsa'), { rules })
  })

  it('RS256 and ES256 signed with another key of the same name', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    await expectRefused(rs256(BACKEND, 'rsa', privateKey), { rules })
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await expectRefused(es256(BACKEND, 'ec', other.privateKey), { rules })
  })

  it('a key the token brings itself', async () => {
    const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = { ...own.publicKey.export({ format: 'jwk' }), kid: 'rsa' }
    const sign = (input: string) => signBytes('sha256', Buffer.from(input), own.privateKey)
    await expectRefused(forge({ alg: 'RS256', kid: 'rsa', jwk }, BACKEND, sign), { rules })
    await expectRefused(forge({ alg: 'RS256', jwk }, BACKEND, sign), { rules })
  })
})
