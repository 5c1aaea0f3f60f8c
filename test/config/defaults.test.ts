import { describe, expect, it } from 'vitest'
import { deliveryVariables } from '../../server/delivery/settings.ts'
import { DIALECTS } from '../../server/dialects/names.ts'
import { DEFAULT_LIMITS, LIMIT_NAMES, limitVariable } from '../../server/limits/settings.ts'
import { YUBIKEY_TOGETHER } from '../../server/yubikey/settings.ts'
import { PRODUCTION, read, SECRET, STORE_KEY, VAPID_KEYS } from './environment.ts'

const ENVIRONMENT_ID = '3e6d2d4c-6a31-4d1c-9f0a-1f2f0f6f8d11'
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`

describe('with nothing set', () => {
  it('everything has its default', () => {
    const { jwtSecrets, ...config } = read({})
    expect(config).toStrictEqual({
      port: 3_000,
      host: '127.0.0.1',
      redisUrl: undefined,
      redisPrefix: 'assent',
      jwksUrl: undefined,
      jwtIssuer: undefined,
      jwtAudience: undefined,
      apiKeys: [],
      storeKeys: [],
      corsOrigins: [],
      trustProxy: [],
      logLevel: 'warn',
      production: false,
      drainSeconds: 20,
      workers: 1,
      limits: DEFAULT_LIMITS,
      delivery: {},
      yubikey: undefined,
      mfa: {
        environmentId: undefined,
        issuer: 'Assent',
        allowsTestMode: true,
        phoneUrl: undefined,
        webauthnOrigins: undefined,
      },
      dialects: [...DIALECTS],
      madeSecret: true,
    })
    expect(jwtSecrets).toHaveLength(1)
  })

  it('a secret is made, another one each time, of 32 characters or more', () => {
    const [one, other] = [read({}), read({})].map((config) => config.jwtSecrets[0]?.export())
    expect(one?.length).toBeGreaterThanOrEqual(32)
    expect(one?.equals(other ?? Buffer.alloc(0))).toBe(false)
  })

  it('an empty variable counts as not set', () => {
    const names = ['PORT', 'HOST', 'REDIS_URL', 'REDIS_PREFIX', 'JWT_SECRET', 'JWKS_URL', 'JWT_ISSUER', 'JWT_AUDIENCE']
    const more = [
      'API_KEYS',
      'STORE_KEY',
      'CORS_ORIGINS',
      'TRUST_PROXY',
      'LOG_LEVEL',
      'NODE_ENV',
      'DRAIN_SECONDS',
      'WORKERS',
      'ENVIRONMENT_ID',
      'MFA_ISSUER',
      'ALLOW_TEST_MODE',
      'PHONE_URL',
      'WEBAUTHN_ORIGINS',
      ...Object.keys(deliveryVariables),
      ...YUBIKEY_TOGETHER,
    ]
    const { jwtSecrets: _one, ...empty } = read(
      Object.fromEntries([...names, ...more, ...LIMIT_NAMES.map(limitVariable)].map((name) => [name, ''])),
    )
    const { jwtSecrets: _other, ...unset } = read({})
    expect(empty).toStrictEqual(unset)
  })

  it('what is not ours is not looked at', () => {
    expect(read({ PATH: '/bin', PORTS: 'x', port: '1', npm_config_port: '2' }).port).toBe(3_000)
  })
})

describe('in production', () => {
  it('the hub listens on every address and tells more', () => {
    expect(read(PRODUCTION)).toMatchObject({
      host: undefined,
      logLevel: 'info',
      production: true,
      madeSecret: false,
      dialects: [],
    })
  })

  it('what is set is kept', () => {
    expect(read({ ...PRODUCTION, HOST: '10.0.0.1', LOG_LEVEL: 'error' })).toMatchObject({
      host: '10.0.0.1',
      logLevel: 'error',
    })
  })

  it.each(['development', 'test', 'staging', 'Production', 'prod'])('is only "production", not "%s"', (NODE_ENV) => {
    expect(read({ NODE_ENV })).toMatchObject({ production: false, madeSecret: true })
  })
})

describe('everything set', () => {
  it('is read', () => {
    const second = 't'.repeat(40)
    const { jwtSecrets, storeKeys, ...config } = read({
      PORT: '8080',
      HOST: '::1',
      REDIS_URL: 'rediss://user:pass@redis.example:6380/2',
      REDIS_PREFIX: 'assent:prod.eu-1_a',
      JWT_SECRET: `${SECRET}, ${second}`,
      JWKS_URL: 'https://id.example/jwks.json',
      JWT_ISSUER: 'https://id.example',
      JWT_AUDIENCE: 'assent',
      API_KEYS: 'shop:0123456789abcdef:challenges:write challenges:read, bank:fedcba9876543210:mfa:read',
      STORE_KEY: `${STORE_KEY},${Buffer.alloc(32, 2).toString('base64')}`,
      CORS_ORIGINS: 'https://shop.example, http://localhost:8080',
      TRUST_PROXY: '10.0.0.0/8, 127.0.0.1, fd00::/8',
      LOG_LEVEL: 'debug',
      NODE_ENV: 'production',
      DRAIN_SECONDS: '5',
      WORKERS: '4',
      DIALECTS: DIALECTS.join(', '),
      ENVIRONMENT_ID,
      MFA_ISSUER: 'Bank',
      ALLOW_TEST_MODE: 'true',
      PHONE_URL: 'https://phone.example/app',
      WEBAUTHN_ORIGINS: 'https://login.bank.example, http://localhost:5173',
      SMTP_URL: 'smtps://user:pass@mail.example',
      MAIL_FROM: 'Bank <no-reply@bank.example>',
      DELIVERY_WEBHOOK_URL: 'https://messages.example/out',
      DELIVERY_WEBHOOK_SECRET: WEBHOOK_SECRET,
      TWILIO_ACCOUNT_SID: 'AC1',
      TWILIO_AUTH_TOKEN: 'token',
      TWILIO_FROM: '+4930123456',
      TWILIO_URL: 'https://twilio.example',
      VAPID_PUBLIC_KEY: VAPID_KEYS.publicKey,
      VAPID_PRIVATE_KEY: VAPID_KEYS.privateKey,
      VAPID_SUBJECT: 'https://bank.example/contact',
      YUBIKEY_URL: 'https://keys.example/wsapi/2.0/verify',
      YUBIKEY_CLIENT_ID: '42',
      YUBIKEY_API_KEY: Buffer.alloc(20, 3).toString('base64'),
      LIMIT_CONNECTIONS_PER_SECOND: '7',
      LIMIT_BUFFERED_BYTES: '0',
    })
    expect(config).toStrictEqual({
      port: 8_080,
      host: '::1',
      redisUrl: 'rediss://user:pass@redis.example:6380/2',
      redisPrefix: 'assent:prod.eu-1_a',
      jwksUrl: 'https://id.example/jwks.json',
      jwtIssuer: 'https://id.example',
      jwtAudience: 'assent',
      apiKeys: [
        { name: 'shop', key: '0123456789abcdef', scopes: ['challenges:write', 'challenges:read'] },
        { name: 'bank', key: 'fedcba9876543210', scopes: ['mfa:read'] },
      ],
      corsOrigins: ['https://shop.example', 'http://localhost:8080'],
      trustProxy: ['10.0.0.0/8', '127.0.0.1', 'fd00::/8'],
      logLevel: 'debug',
      production: true,
      drainSeconds: 5,
      workers: 4,
      limits: { ...DEFAULT_LIMITS, connectionsPerSecond: 7, bufferedBytes: 0 },
      delivery: {
        smtp: { url: 'smtps://user:pass@mail.example', from: 'Bank <no-reply@bank.example>' },
        webhook: { url: 'https://messages.example/out', secret: WEBHOOK_SECRET },
        twilio: { accountSid: 'AC1', authToken: 'token', from: '+4930123456', url: 'https://twilio.example' },
        vapid: { subject: 'https://bank.example/contact', keys: VAPID_KEYS },
      },
      mfa: {
        environmentId: ENVIRONMENT_ID,
        issuer: 'Bank',
        allowsTestMode: true,
        phoneUrl: 'https://phone.example/app',
        webauthnOrigins: ['https://login.bank.example', 'http://localhost:5173'],
      },
      yubikey: { url: 'https://keys.example/wsapi/2.0/verify', clientId: '42', apiKey: Buffer.alloc(20, 3) },
      dialects: [...DIALECTS],
      madeSecret: false,
    })
    expect(jwtSecrets.map((secret) => secret.export().toString())).toEqual([SECRET, second])
    expect(storeKeys).toEqual([Buffer.alloc(32, 1), Buffer.alloc(32, 2)])
  })

  it('dialects can be switched off, outside production, too', () => {
    expect(read({ DIALECTS: 'none' }).dialects).toEqual([])
    expect(() => read({ DIALECTS: 'latin' })).toThrow(/DIALECTS: must be none, or some of these/)
  })

  it('in lists, the first is first, and blanks and empty parts are not counted', () => {
    const { corsOrigins } = read({ CORS_ORIGINS: ' https://b.example ,, https://a.example , ' })
    expect(corsOrigins).toEqual(['https://b.example', 'https://a.example'])
  })
})
