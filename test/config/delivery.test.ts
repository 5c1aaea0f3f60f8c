import { describe, expect, it } from 'vitest'
import { blamed, type Environment, PRODUCTION, problemsOf, read, VAPID_KEYS } from './environment.ts'

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const VAPID = {
  VAPID_PUBLIC_KEY: VAPID_KEYS.publicKey,
  VAPID_PRIVATE_KEY: VAPID_KEYS.privateKey,
  VAPID_SUBJECT: 'mailto:ops@bank.example',
}
const COMPLETE: Readonly<Record<string, Environment>> = {
  smtp: { SMTP_URL: 'smtps://user:password@mail.example:465', MAIL_FROM: 'Assent <no-reply@example.com>' },
  webhook: { DELIVERY_WEBHOOK_URL: 'https://messages.example/out', DELIVERY_WEBHOOK_SECRET: SECRET },
  twilio: { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'token', TWILIO_FROM: '+4930123456' },
  vapid: VAPID,
}

describe('delivery', () => {
  it('is nobody’s affair unless configured', () => {
    expect(read({}).delivery).toEqual({})
  })

  it.each(Object.entries(COMPLETE))('by %s needs all of its variables', (name, complete) => {
    expect(Object.keys(read(complete).delivery)).toEqual([name])
    for (const missing of Object.keys(complete)) {
      const { [missing]: _left, ...rest } = complete
      expect(blamed(rest)).toEqual([missing])
      expect(blamed({ ...complete, [missing]: '' })).toEqual([missing])
    }
  })

  it.each([
    ['SMTP_URL', 'mail.example'],
    ['SMTP_URL', 'https://mail.example'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'a@b.de\r\nBcc: eve@example.com'],
    ['DELIVERY_WEBHOOK_URL', 'ftp://messages.example'],
    ['DELIVERY_WEBHOOK_URL', 'https://user:password@messages.example'],
    ['DELIVERY_WEBHOOK_SECRET', 'secret'],
    ['DELIVERY_WEBHOOK_SECRET', `whsec_${Buffer.alloc(8).toString('base64')}`],
    ['TWILIO_FROM', '030 123456'],
    ['TWILIO_URL', 'twilio'],
    ['VAPID_PUBLIC_KEY', 'short'],
    ['VAPID_PRIVATE_KEY', 'short'],
    ['VAPID_PRIVATE_KEY', Buffer.alloc(32).toString('base64url')],
    ['VAPID_PRIVATE_KEY', `${VAPID_KEYS.privateKey}=`],
    ['VAPID_SUBJECT', 'ops@bank.example'],
    ['VAPID_SUBJECT', 'http://bank.example'],
    ['VAPID_SUBJECT', 'https://user:password@bank.example'],
  ])('refuses the %s %j, and shows no secret', (name, value) => {
    const all = Object.assign({}, ...Object.values(COMPLETE), { [name]: value })
    expect(blamed(all)).toEqual([name])
    for (const secret of ['password', 'token', SECRET, VAPID_KEYS.privateKey])
      expect(problemsOf(all).join()).not.toContain(secret)
  })
})

describe('pushes', () => {
  it('may say whom to write to without keys of their own', () => {
    const VAPID_SUBJECT = 'https://bank.example/contact'
    expect(read({ VAPID_SUBJECT }).delivery).toEqual({ vapid: { subject: VAPID_SUBJECT } })
  })

  it('are not sent with keys of two pairs', () => {
    const VAPID_PRIVATE_KEY = Buffer.alloc(32, 1).toString('base64url')
    const problems = problemsOf({ ...VAPID, VAPID_PRIVATE_KEY })
    expect(problems).toEqual(['VAPID_PUBLIC_KEY: is not the one of VAPID_PRIVATE_KEY'])
  })
})

describe('MFA', () => {
  it('makes its own environment, and knows a test mode outside production only', () => {
    expect(read({}).mfa).toEqual({ environmentId: undefined, issuer: 'Assent', allowsTestMode: true })
    expect(read(PRODUCTION).mfa.allowsTestMode).toBe(false)
    expect(read({ ...PRODUCTION, ALLOW_TEST_MODE: 'true' }).mfa.allowsTestMode).toBe(true)
    expect(read({ ALLOW_TEST_MODE: 'false' }).mfa.allowsTestMode).toBe(false)
  })

  it('refuses what is no id and no answer', () => {
    expect(blamed({ ENVIRONMENT_ID: 'mine', ALLOW_TEST_MODE: 'maybe' })).toEqual(['ENVIRONMENT_ID', 'ALLOW_TEST_MODE'])
  })

  it.each([
    'https://shop.example/',
    'https://shop.example/login',
    'http://shop.example',
    'https://Shop.example',
    'shop.example',
    'ftp://localhost',
    'https://shop.example, x',
  ])('asks FIDO devices on no page of %s', (origins) => {
    expect(blamed({ WEBAUTHN_ORIGINS: origins })).toEqual(['WEBAUTHN_ORIGINS'])
  })

  it('asks them on safe pages, and on this machine’s', () => {
    const origins = [
      'https://shop.example',
      'http://localhost:3000',
      'http://127.0.0.1:8080',
      'https://a.b.example:8443',
    ]
    expect(read({ WEBAUTHN_ORIGINS: origins.join() }).mfa.webauthnOrigins).toEqual(origins)
    expect(read({ ...PRODUCTION, WEBAUTHN_ORIGINS: ' ' }).mfa.webauthnOrigins).toBeUndefined()
  })
})
