import { describe, expect, it } from 'vitest'
import { issueToken } from '../../server/auth/issue-token.ts'
import {
  BACKEND,
  es256,
  expectRefused,
  findKey,
  forge,
  hs256,
  NOW,
  NOW_SECONDS,
  rs256,
  SECRET,
  verify,
} from './tokens.ts'

const without = (claim: string) => Object.fromEntries(Object.entries(BACKEND).filter(([name]) => name !== claim))

describe('a principal', () => {
  it('is what its token says', async () => {
    const claims = {
      ...BACKEND,
      device: 'd',
      cnf: { jkt: 'k' },
      challenge: 'c',
      since: 3,
      iat: NOW_SECONDS - 5,
      extra: { any: 'thing' },
    }
    expect(await verify(hs256({ ...claims, scope: 'challenges:approve challenges:wait mfa:read' }))).toStrictEqual({
      caller: 'token:shop',
      scopes: new Set(['challenges:approve', 'challenges:wait', 'mfa:read']),
      sub: 'shop',
      device: 'd',
      thumbprint: 'k',
      challenge: 'c',
      since: 3,
      issuedAt: NOW - 5_000,
      expiresAt: NOW + 60_000,
    })
  })

  it('holds no scope that does not exist', async () => {
    const scope = 'challenges:write  admin Challenges:read challenges:* mfa:write,mfa:read __proto__'
    expect([...(await verify(hs256({ ...BACKEND, scope }))).scopes]).toEqual(['challenges:write'])
  })

  it('without a time of issue is as old as can be', async () => {
    expect((await verify(hs256(BACKEND))).issuedAt).toBe(0)
  })
})

describe('a claim that is missing', () => {
  it.each(['exp', 'scope', 'sub'])('%s', (claim) => expectRefused(hs256(without(claim))))

  it.each(['challenges:write', 'challenges:read', 'challenges:approve', 'mfa:write', 'mfa:read'])(
    'sub, with %s',
    (scope) => expectRefused(hs256({ scope, exp: BACKEND.exp })),
  )

  it('sub, when a wait token may do more than wait', () =>
    expectRefused(hs256({ scope: 'challenges:wait challenges:approve', challenge: 'c', exp: BACKEND.exp })))

  it('challenge, with challenges:wait', async () => {
    await expectRefused(hs256({ scope: 'challenges:wait', exp: BACKEND.exp }))
    await expectRefused(hs256({ ...BACKEND, scope: 'challenges:wait challenges:read' }))
  })

  it('but not the sub of a page', async () => {
    const { sub, challenge } = await verify(hs256({ scope: 'challenges:wait', challenge: 'c', exp: BACKEND.exp }))
    expect({ sub, challenge }).toEqual({ sub: undefined, challenge: 'c' })
  })
})

describe('a claim of the wrong type', () => {
  it.each([
    ['exp', '9999999999'],
    ['exp', null],
    ['exp', {}],
    ['exp', []],
    ['exp', true],
    ['nbf', 'soon'],
    ['iat', 'now'],
    ['iat', null],
    ['scope', ['challenges:write']],
    ['scope', null],
    ['scope', 7],
    ['sub', 7],
    ['sub', null],
    ['sub', ''],
    ['sub', ['shop']],
    ['sub', 's'.repeat(201)],
    ['iss', 7],
    ['aud', 7],
    ['aud', [7]],
    ['device', 7],
    ['device', 'd'.repeat(201)],
    ['challenge', 7],
    ['challenge', ''],
    ['challenge', 'c'.repeat(101)],
    ['since', '1'],
    ['since', -1],
    ['since', 1.5],
  ])('%s: %j', (claim, value) => expectRefused(hs256({ ...BACKEND, [claim]: value })))

  it.each([[null], [[]], ['text'], [7], [true]])('the whole: %j', (claims) => expectRefused(hs256(claims)))
})

describe('a text that is no token', () => {
  const good = hs256(BACKEND)
  const [head = '', body = '', signature = ''] = good.split('.')

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', { token: good }],
    ['an array', [good]],
    ['empty', ''],
    ['one dot', '.'],
    ['two dots', '..'],
    ['garbage', 'garbage'],
    ['three words', 'a.b.c'],
    ['two parts', `${head}.${body}`],
    ['four parts', `${good}.${signature}`],
    ['a space behind', `${good} `],
    ['no header', `.${body}.${signature}`],
    ['no body', `${head}..${signature}`],
    ['a cut signature', good.slice(0, -2)],
    ['bytes', '\0\0.\0.\0'],
    ['binary header', `${Buffer.from([255, 254, 0]).toString('base64url')}.${body}.${signature}`],
    [
      'another body',
      `${head}.${Buffer.from(JSON.stringify({ ...BACKEND, sub: 'bank' })).toString('base64url')}.${signature}`,
    ],
  ])('%s', (_what, token) => expectRefused(token))

  it.each([[{}], [{ alg: null }], [{ alg: 7 }], [{ alg: ['HS256'] }], [{ alg: 'HS256', kid: 7 }], [[]], [null]])(
    'with the header %j',
    (header) => expectRefused(forge(header as object, BACKEND, () => Buffer.from('x'))),
  )

  it('of 8192 characters is looked at, of 8193 not', async () => {
    const padded = (length: number) => {
      const spare = length - hs256({ ...BACKEND, pad: '' }).length
      // Three bytes are four characters of base64url: the pad is found by trying.
      for (let pad = Math.floor((spare * 3) / 4) - 4; ; pad++) {
        const token = hs256({ ...BACKEND, pad: 'p'.repeat(pad) })
        if (token.length >= length) return token
      }
    }
    const long = padded(8_192)
    expect(long).toHaveLength(8_192)
    expect((await verify(long)).sub).toBe('shop')
    const tooLong = padded(8_193)
    expect(tooLong.length).toBeLessThanOrEqual(8_196)
    await expectRefused(tooLong)
  })
})

describe('issuer and audience', () => {
  const rules = { findKey, issuer: 'https://id.example', audience: 'assent-prod' }
  const right = { ...BACKEND, iss: rules.issuer, aud: rules.audience }

  it.each([
    ['HS256', hs256],
    ['RS256', rs256],
    ['ES256', es256],
  ] as const)('are demanded of %s', async (_alg, sign) => {
    expect((await verify(sign(right), rules)).sub).toBe('shop')
    expect((await verify(sign({ ...right, aud: ['other', rules.audience] }), rules)).sub).toBe('shop')
    const wrong = [
      { iss: 'https://evil.example' },
      { iss: 'https://id.example/' },
      { iss: undefined },
      { aud: 'other' },
      { aud: ['other', 'assent'] },
      { aud: [] },
      { aud: '' },
      { aud: undefined },
    ]
    for (const claims of wrong) await expectRefused(sign({ ...right, ...claims }), { rules })
  })

  it('are each demanded alone', async () => {
    await expectRefused(hs256({ ...right, iss: 'x' }), { rules: { issuer: rules.issuer } })
    expect((await verify(hs256({ ...right, aud: 'x' }), { issuer: rules.issuer })).sub).toBe('shop')
    await expectRefused(hs256({ ...right, aud: 'x' }), { rules: { audience: rules.audience } })
    expect((await verify(hs256({ ...right, iss: 'x' }), { audience: rules.audience })).sub).toBe('shop')
  })

  it('are not demanded when not configured', async () => {
    expect((await verify(hs256({ ...right, iss: 'x', aud: 'x' }))).sub).toBe('shop')
  })

  it("are not demanded of the hub's own", async () => {
    const own = issueToken(SECRET, { scope: 'challenges:approve', sub: 'ada' }, NOW, NOW + 60_000)
    expect((await verify(own, rules)).sub).toBe('ada')
  })

  it("are demanded of who only says that it is the hub's own", async () => {
    await expectRefused(rs256({ ...BACKEND, iss: 'assent' }), { rules })
    await expectRefused(es256({ ...BACKEND, iss: 'assent' }), { rules })
    await expectRefused(hs256({ ...BACKEND, iss: 'Assent' }), { rules })
  })
})
