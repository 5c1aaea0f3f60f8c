import { expect, it } from 'vitest'
import { startHub } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import { startRedis } from '../support/redis-server.ts'
import { addDevice, devicesOf, expectRefusal, mfa, newPhone, newUser } from './world.ts'

it('an environment that is not configured is made once, for all instances, and outlives them', async () => {
  const redis = await startRedis()
  const hubs = await Promise.all([startHub({ REDIS_URL: redis.url }), startHub({ REDIS_URL: redis.url })])
  const ids = await Promise.all(
    hubs.map(async (hub) => (await mfa(hub, 'GET', '/v1/mfaSettings')).body.environment.id as string),
  )
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
  expect(ids[1]).toBe(ids[0])
  await Promise.all(hubs.map((hub) => hub.stop()))
  const later = await startHub({ REDIS_URL: redis.url })
  expect((await mfa(later, 'GET', `/v1/environments/${ids[0]}/mfaSettings`)).body.environment.id).toBe(ids[0])
  await later.stop()
  await redis.stop()
})

it('in production nobody is told a code, and what nobody delivers can not be added', async () => {
  const hub = await startHub({ NODE_ENV: 'production' })
  const user = newUser()
  const asked = await mfa(hub, 'POST', devicesOf(user), { type: 'TOTP', testMode: true })
  expectRefusal(asked, 'INVALID_DATA', ['INVALID_VALUE', 'testMode'])
  for (const status of ['ACTIVE', 'ACTIVATION_REQUIRED']) {
    const undeliverable = await mfa(hub, 'POST', devicesOf(user), { type: 'SMS', status, phone: newPhone() })
    expectRefusal(undeliverable, 'REQUEST_FAILED', ['DEVICE_TYPE_DISABLED', 'type'])
  }
  expect((await mfa(hub, 'GET', devicesOf(user))).body._embedded.allowedtypes).toEqual([
    'TOTP',
    'OATH_TOKEN',
    'MOBILE',
    'DESKTOP',
  ])
  await addDevice(hub, user, { type: 'TOTP' })
  await hub.stop()
})

it('while Redis is away, calls say so, and change nothing', async () => {
  const redis = await startRedis()
  const hub = await startHub({ REDIS_URL: redis.url })
  const user = newUser()
  await addDevice(hub, user, { type: 'TOTP' })
  await redis.stop()
  for (const [method, path, body] of [
    ['GET', devicesOf(user), undefined],
    ['POST', devicesOf(user), { type: 'TOTP' }],
    ['GET', '/v1/mfaSettings', undefined],
  ] as const) {
    expectRefusal(await mfa(hub, method, path, body), 'UNAVAILABLE')
  }
  await hub.stop()
})

it('what a path does not know is refused in the words of MFA calls', async () => {
  const hub = await startHub()
  const reply = await mfa(hub, 'PATCH', devicesOf(newUser()), {})
  expectRefusal(reply, 'METHOD_NOT_ALLOWED')
  expect(reply.headers.get('allow')).toBe('GET, POST')
  await hub.stop()
})

it('codes and proofs are taken from an address so often a minute', async () => {
  const hub = await startHub({ LIMIT_CLAIMS_PER_ADDRESS: '3' })
  const replies = []
  for (let at = 0; at < 4; at++) replies.push(await new Phone().claim(hub, 'AAAAAAAAAAAA'))
  expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 429])
  for (const reply of replies.slice(3)) expectRefusal(reply, 'REQUEST_LIMITED', ['LIMIT_EXCEEDED'])
  await hub.stop()
})
