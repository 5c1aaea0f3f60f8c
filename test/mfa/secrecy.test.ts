import { Writable } from 'node:stream'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { Hub } from '../../server/hub.ts'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import type { AuthenticationCodeView, AuthenticationView, PairingKeyView } from '../../server/protocol/mfa.ts'
import { call } from '../support/http-client.ts'
import { type RunningHub, TEST_SECRET, TEST_STORE_KEY } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import { Provider } from '../support/provider.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { act, addDevice, devicesOf, newEmail, newPhone } from './world.ts'

let redis: RedisServer
let provider: Provider
let hub: RunningHub
let log = ''

beforeAll(async () => {
  ;[redis, provider] = await Promise.all([startRedis(), Provider.start()])
  const config = readConfig({
    PORT: '0',
    HOST: '127.0.0.1',
    JWT_SECRET: TEST_SECRET,
    STORE_KEY: TEST_STORE_KEY,
    REDIS_URL: redis.url,
    LOG_LEVEL: 'trace',
    ...provider.environment,
  })
  const lines = new Writable({
    write: (line, _encoding, done) => {
      log += line
      done()
    },
  })
  const started = new Hub(config, pino({ level: 'trace' }, lines))
  const url = await started.start()
  await started.connected()
  const token = (claims: Parameters<Hub['issueToken']>[0]) => started.issueToken(claims, 3_600)
  hub = { url, hub: started, token, backend: () => '', approver: () => '', stop: () => started.stop(0) }
})
afterAll(async () => {
  await hub.stop()
  await Promise.all([redis.stop(), provider.stop()])
})

/** Everything Redis holds, names and values. */
async function dump(): Promise<string> {
  const client = new Redis(redis.url)
  const keys = await client.keys('*')
  const values = await Promise.all(keys.map((key) => client.getBuffer(key)))
  client.disconnect()
  return [...keys, ...values.map((value) => value?.toString('latin1'))].join('\n')
}

const as = (scope: string) => ({ token: hub.token({ scope, sub: 'a backend' }), body: {} })

it('no code, secret, number, address or name is readable in Redis or in the log, and no code in an answer', async () => {
  const user = 'Ada Lovelace'
  const [phone, email] = [newPhone(), newEmail()]
  const sms = await addDevice(hub, user, { type: 'SMS', phone, nickname: 'My own phone' })
  const mail = await addDevice(hub, user, { type: 'EMAIL', email })
  const app = await addDevice(hub, user, { type: 'TOTP' })
  const otp = provider.codeFor(phone)
  provider.failsWith = 500
  await act(hub, `${devicesOf(user)}/${mail.id}`, 'device.sendActivationCode')
  provider.failsWith = undefined
  await act(hub, `${devicesOf(user)}/${sms.id}`, 'device.activate', { otp: '000000' })
  const activated = await act(hub, `${devicesOf(user)}/${sms.id}`, 'device.activate', { otp })
  const mine = await call<PairingKeyView>(
    hub,
    'POST',
    `/v1/users/${encodeURIComponent(user)}/pairingKeys`,
    as('mfa:write'),
  )
  const paired = new Phone()
  await paired.claim(hub, mine.body.code ?? '')
  const asking = {
    ...as('mfa:write'),
    body: { user: { id: user }, selectedDevice: { id: paired.id }, numberMatching: 'SIX_DIGITS' },
  }
  const asked = await call<AuthenticationView>(hub, 'POST', '/v1/deviceAuthentications', asking)
  const code = await call<AuthenticationCodeView>(hub, 'POST', '/v1/authenticationCodes', {
    ...as('mfa:write'),
    body: { application: { id: 'assent' } },
  })
  const shown = await paired.approvals(hub)
  await paired.decide(hub, 'approve', shown[0] as ApprovalView, { number: '000000' })

  const stored = await dump()
  expect(stored.length).toBeGreaterThan(500)
  const ofPhone = [mine.body.code, asked.body._embedded.challenge.number, code.body.code, paired.paired?.otp.secret]
  const secrets = [otp, provider.codeFor(email), app.secret, ...ofPhone].map((secret) => secret ?? '')
  for (const secret of secrets) expect(secret).not.toBe('')
  expect(JSON.stringify(shown)).not.toContain(asked.body._embedded.challenge.number)
  for (const secret of [...secrets, phone, email, user, 'My own phone']) expect(stored).not.toContain(secret)
  expect(log).toContain('DeliveryFailed')
  for (const secret of [...secrets, phone, email]) expect(log).not.toContain(secret)
  for (const answer of [JSON.stringify([sms, mail]), activated.text]) {
    for (const secret of [otp, 'digest', 'salt', 'failures']) expect(answer).not.toContain(secret)
  }
})
