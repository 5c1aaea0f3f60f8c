import { describe, expect, it } from 'vitest'
import { LIMIT_NAMES, limitVariable } from '../../server/limits/settings.ts'
import { blamed, read, STORE_KEY } from './environment.ts'

const key = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64')

/** For each variable: values at its limits that are taken, and values beyond that are not. */
const TABLE: Readonly<Record<string, { good: readonly string[]; bad: readonly string[] }>> = {
  PORT: { good: ['0', '1', '65535'], bad: ['-1', '65536', '80.5', 'http', '80 90', 'NaN', 'Infinity', ' '] },
  REDIS_URL: {
    good: [
      'redis://localhost',
      'redis://:pass@127.0.0.1:6379/0',
      'rediss://redis.example:6380',
      'redis+sentinel://127.0.0.1:26379,127.0.0.1:26380/mymaster',
      'redis+cluster://127.0.0.1:7000,127.0.0.1:7001',
    ],
    bad: [
      'localhost',
      'localhost:6379',
      'http://localhost',
      'redis',
      'redis//localhost',
      '/var/run/redis.sock',
      'redis+sentinel://127.0.0.1:26379',
      'redis+sentinel://127.0.0.1:26379/mymaster/x',
      'redis+sentinel://127.0.0.1:26379,,b/mymaster',
      'redis+cluster://127.0.0.1:70000',
      'redis+cluster://127.0.0.1:7000/1',
      'redis+cluster://',
      'redis+ring://127.0.0.1:7000',
    ],
  },
  REDIS_PREFIX: {
    good: ['a', 'p'.repeat(50), 'a.b:c_d-9'],
    bad: ['p'.repeat(51), 'a b', 'a{b}', 'ä', 'a*', 'a/b', 'a\n'],
  },
  JWT_SECRET: {
    good: ['s'.repeat(32), 's'.repeat(1_000), `${'s'.repeat(32)},${'t'.repeat(32)}`],
    bad: ['s', 's'.repeat(31), `${'s'.repeat(32)},short`, `short,${'s'.repeat(32)}`],
  },
  JWKS_URL: {
    good: ['https://id.example/keys', 'http://127.0.0.1:8080/jwks'],
    bad: ['id.example/keys', 'ftp://id.example/keys', 'file:///etc/passwd', 'https://', 'data:application/json,{}'],
  },
  JWT_ISSUER: { good: ['https://id.example', 'x'], bad: [] },
  JWT_AUDIENCE: { good: ['assent', 'x'], bad: [] },
  API_KEYS: {
    good: ['n:0123456789abcdef:challenges:read', 'n:0123456789abcdef:mfa:write mfa:read'],
    bad: [
      'n',
      'n:0123456789abcdef',
      'n:0123456789abcdef:',
      'n:0123456789abcdef: ',
      ':0123456789abcdef:mfa:read',
      'n::mfa:read',
      'n:0123456789abcde:mfa:read',
      'n:0123456789abcdef:admin',
      'n:0123456789abcdef:challenges:read admin',
      'n:0123456789abcdef:mfa:read,m',
    ],
  },
  STORE_KEY: {
    good: [STORE_KEY, `${STORE_KEY},${key(32)}`],
    bad: [key(31), key(33), key(16), 'x', `${STORE_KEY},${key(31)}`],
  },
  CORS_ORIGINS: {
    good: ['https://shop.example', 'http://localhost:8080', 'https://a.example,https://b.example'],
    bad: [
      'shop.example',
      'https://shop.example/',
      'https://shop.example/x',
      'https://Shop.example',
      '*',
      'null',
      'https://shop.example:443',
    ],
  },
  TRUST_PROXY: {
    good: [
      '10.0.0.0/8',
      '127.0.0.1',
      '::1',
      'fd00::/8',
      '10.0.0.0/8,192.168.0.0/16',
      '0.0.0.0/0',
      '1.2.3.4/32',
      '::/128',
    ],
    bad: [
      'proxy.example',
      'true',
      '1',
      '10.0.0.0/33',
      '::/129',
      '10.0.0/8',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/x',
      '10.0.0.0/-1',
    ],
  },
  LOG_LEVEL: {
    good: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    bad: ['INFO', 'verbose', '3', 'off'],
  },
  WORKERS: { good: ['1'], bad: ['0', '-1', '1.5', '257', 'AUTO', 'two', '2', 'auto', ' '] },
  DRAIN_SECONDS: { good: ['0', '20', '3600'], bad: ['-1', '3601', 'long', 'NaN', 'Infinity', ' '] },
  ...Object.fromEntries(
    LIMIT_NAMES.map((name) => [
      limitVariable(name),
      { good: ['0', '1', '1000000000'], bad: ['-1', '1.5', '1000000001', 'off', '1e3', ' '] },
    ]),
  ),
}

const cases = (sort: 'good' | 'bad') =>
  Object.entries(TABLE).flatMap(([name, values]) => values[sort].map((value) => [name, value] as const))

describe('a variable', () => {
  it.each(cases('good'))('%s takes "%s"', (name, value) => {
    expect(() => read({ [name]: value })).not.toThrow()
  })

  it.each(cases('bad'))('%s does not take "%s", and says so', (name, value) => {
    expect(new Set(blamed({ [name]: value }))).toEqual(new Set([name]))
  })
})

describe('every problem', () => {
  it('is told at once', () => {
    const wrong = Object.fromEntries(
      Object.entries(TABLE).flatMap(([name, { bad }]) => (bad[0] === undefined ? [] : [[name, bad[0]]])),
    )
    expect(new Set(blamed(wrong))).toEqual(new Set(Object.keys(wrong)))
  })

  it('of a list is told', () => {
    const API_KEYS = 'n:short:mfa:read,m:0123456789abcdef:admin,o:0123456789abcdef:mfa:read'
    expect(blamed({ API_KEYS })).toEqual(['API_KEYS', 'API_KEYS'])
  })
})
