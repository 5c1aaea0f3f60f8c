import { describe, expect, it } from 'vitest'
import { ApiKeys } from '../../server/auth/api-keys.ts'
import { Authenticator } from '../../server/auth/authenticate.ts'
import { issueToken } from '../../server/auth/issue-token.ts'
import { BACKEND, es256, expectRefused, findKey, hs256, NOW, NOW_SECONDS, rs256, SECRET, verify } from './tokens.ts'

const EXPIRES = NOW_SECONDS + 60
const signers = [
  ['HS256', hs256],
  ['RS256', rs256],
  ['ES256', es256],
] as const

describe.each(signers)('%s', (_alg, sign) => {
  const rules = { findKey }

  it('is good until the millisecond before exp, expired at it', async () => {
    const token = sign({ ...BACKEND, exp: EXPIRES })
    expect((await verify(token, rules, EXPIRES * 1_000 - 1)).expiresAt).toBe(EXPIRES * 1_000)
    await expectRefused(token, { rules, now: EXPIRES * 1_000, code: 'expired_token' })
    await expectRefused(token, { rules, now: EXPIRES * 1_000 + 86_400_000, code: 'expired_token' })
  })

  it('is no good before nbf, good at it', async () => {
    const token = sign({ ...BACKEND, nbf: NOW_SECONDS + 10 })
    await expectRefused(token, { rules, now: NOW + 9_999 })
    expect((await verify(token, rules, NOW + 10_000)).sub).toBe('shop')
  })

  it('that is expired and forged is forged: who guesses learns nothing', async () => {
    const [head, , signature] = sign(BACKEND).split('.')
    const body = Buffer.from(JSON.stringify({ ...BACKEND, exp: 1 })).toString('base64url')
    await expectRefused(`${head}.${body}.${signature}`, { rules })
  })
})

describe('the clock that counts', () => {
  const authenticator = (now: () => number) => new Authenticator({ secrets: [SECRET] }, new ApiKeys([]), now)

  it("is the store's, not the process's", async () => {
    const ancient = hs256({ ...BACKEND, exp: 1_000 })
    expect((await authenticator(() => 999_999).token(ancient)).sub).toBe('shop')
    await expect(authenticator(() => 1_000_000).token(ancient)).rejects.toMatchObject({ code: 'expired_token' })
    const far = hs256({ ...BACKEND, exp: 5_000_000_000 })
    await expect(authenticator(() => 5_000_000_000_000).token(far)).rejects.toMatchObject({ code: 'expired_token' })
  })

  it('is read anew for every token', async () => {
    let now = NOW
    const one = authenticator(() => now)
    const token = hs256({ ...BACKEND, exp: EXPIRES })
    expect((await one.token(token)).sub).toBe('shop')
    now = EXPIRES * 1_000
    await expect(one.token(token)).rejects.toMatchObject({ code: 'expired_token' })
  })
})

describe("the hub's own tokens", () => {
  it('say when they were made and end not before they should', async () => {
    const token = issueToken(SECRET, { scope: 'challenges:read', sub: 's' }, NOW + 999, NOW + 60_001)
    const [, body = ''] = token.split('.')
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toEqual({
      iss: 'assent',
      scope: 'challenges:read',
      sub: 's',
      iat: NOW_SECONDS,
      exp: NOW_SECONDS + 61,
    })
    expect((await verify(token, {}, NOW + 60_001)).issuedAt).toBe(NOW)
  })

  it('are signed with HS256 and the first secret', async () => {
    const authenticator = new Authenticator({ secrets: [SECRET] }, new ApiKeys([]), () => NOW)
    expect(authenticator.signingKey).toBe(SECRET)
    const token = issueToken(authenticator.signingKey, { scope: 'challenges:read', sub: 's' }, NOW, NOW + 1_000)
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).alg).toBe('HS256')
  })
})
