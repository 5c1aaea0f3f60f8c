import { describe, expect, it } from 'vitest'
import { ApiKeys } from '../../server/auth/api-keys.ts'
import { Authenticator } from '../../server/auth/authenticate.ts'
import type { Scope } from '../../server/protocol/scopes.ts'
import { BACKEND, hs256, NOW, SECRET } from './tokens.ts'

const SHOP = { name: 'shop', key: 'the-key-of-the-shop', scopes: ['challenges:write', 'challenges:read'] as Scope[] }
const BANK = { name: 'bank', key: 'the-key-of-the-bank', scopes: ['challenges:read'] as Scope[] }
const keys = new ApiKeys([SHOP, BANK])
const authenticator = new Authenticator({ secrets: [SECRET] }, keys, () => NOW)

describe('an API key', () => {
  it('speaks for the backend it was given to, with its scopes, and does not expire', () => {
    expect(keys.verify(SHOP.key)).toStrictEqual({
      caller: 'key:shop',
      sub: 'shop',
      scopes: new Set(SHOP.scopes),
      issuedAt: 0,
    })
    expect(keys.verify(BANK.key)).toMatchObject({ caller: 'key:bank', scopes: new Set(['challenges:read']) })
  })

  it.each([
    '',
    'shop',
    'the-key-of-the-sho',
    'the-key-of-the-shop ',
    'The-key-of-the-shop',
    'shop:the-key-of-the-shop',
    'the-key-of-the-shopthe-key-of-the-bank',
    '\0',
    'k'.repeat(100_000),
  ])('that is wrong is refused and not repeated: "%.30s"', (key) => {
    const verify = () => keys.verify(key)
    expect(verify).toThrow(expect.objectContaining({ code: 'invalid_token', detail: 'The API key is not known.' }))
  })

  it('is refused when there are none', () => {
    expect(() => new ApiKeys([]).verify('')).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  })
})

describe('the headers of a request', () => {
  const token = hs256(BACKEND)

  it.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('bring a token after "%s"', async (word) => {
    expect((await authenticator.headers({ authorization: `${word} ${token}` })).caller).toBe('token:shop')
  })

  it('bring an API key', async () => {
    expect((await authenticator.headers({ apiKey: BANK.key })).caller).toBe('key:bank')
  })

  it('count the token, right or wrong, when they bring both', async () => {
    const both = { authorization: `Bearer ${token}`, apiKey: BANK.key }
    expect((await authenticator.headers(both)).caller).toBe('token:shop')
    const wrong = authenticator.headers({ ...both, authorization: 'Bearer wrong' })
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_token' })
  })

  it.each([
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: token },
    { authorization: `Basic ${token}` },
    { authorization: `Bearer ${token} ${token}` },
    { authorization: `Bearer ${token}, Bearer ${token}` },
    { authorization: `Bearer: ${token}` },
    { authorization: `Bearer ${SHOP.key}` },
    { authorization: '', apiKey: SHOP.key },
  ])('bring nothing to believe: %j', async (credentials) => {
    await expect(authenticator.headers(credentials)).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
