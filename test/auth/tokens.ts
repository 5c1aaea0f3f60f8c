import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signBytes,
} from 'node:crypto'
import { expect } from 'vitest'
import type { Principal } from '../../server/auth/principal.ts'
import { type FindKey, type TokenRules, verifyToken } from '../../server/auth/verify-token.ts'
import { HubError } from '../../server/errors.ts'

/** The store's clock in these tests. Epoch milliseconds. */
export const NOW = 1_700_000_000_000
/** The same, as tokens count. */
export const NOW_SECONDS = NOW / 1_000

export const SECRET = createSecretKey(randomBytes(48))
export const OLD_SECRET = createSecretKey(randomBytes(48))
export const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** An issuer with one key of each sort. */
export const findKey: FindKey = async (keyId) => {
  if (keyId === 'rsa') return RSA.publicKey
  if (keyId === 'ec') return EC.publicKey
  throw new HubError('invalid_token', 'The token is signed with a key its issuer does not list.')
}

export const BACKEND = { scope: 'challenges:write', sub: 'shop', exp: NOW_SECONDS + 60 }

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

/** A JWT made by hand, so that it can be wrong in any way a library would not let it be. */
export function forge(header: object, claims: unknown, sign: (input: string) => Buffer): string {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${sign(input).toString('base64url')}`
}

export function hs256(claims: unknown, secret: KeyObject | string = SECRET, header: object = {}): string {
  const key = typeof secret === 'string' ? secret : secret.export()
  return forge({ alg: 'HS256', typ: 'JWT', ...header }, claims, (input) =>
    createHmac('sha256', key).update(input).digest(),
  )
}

export function rs256(claims: unknown, kid = 'rsa', key: KeyObject = RSA.privateKey): string {
  return forge({ alg: 'RS256', kid }, claims, (input) => signBytes('sha256', Buffer.from(input), key))
}

export function es256(claims: unknown, kid = 'ec', key: KeyObject = EC.privateKey): string {
  return forge({ alg: 'ES256', kid }, claims, (input) =>
    signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  )
}

export function verify(token: unknown, rules: Partial<TokenRules> = {}, now = NOW): Promise<Principal> {
  return verifyToken({ secrets: [SECRET], ...rules }, token, now)
}

/** Checks that a token is refused with this code, and that the reason gives nothing of it away. */
export async function expectRefused(
  token: unknown,
  { code = 'invalid_token', rules = {}, now = NOW }: { code?: string; rules?: Partial<TokenRules>; now?: number } = {},
): Promise<void> {
  const error: unknown = await verify(token, rules, now).catch((error) => error)
  expect(error).toBeInstanceOf(HubError)
  const { code: told, detail } = error as HubError
  expect(told).toBe(code)
  expect(detail).toMatch(/^\S.*\.$/)
  if (typeof token === 'string') {
    for (const part of token.split('.').filter((part) => part.length > 8)) expect(detail).not.toContain(part)
  }
}
