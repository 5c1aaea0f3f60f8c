import { createSecretKey } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { issueToken, type TokenClaims } from '../../server/auth/issue-token.ts'
import { Service } from '../client-sdk/step-up-service.ts'
import { call } from '../support/http-client.ts'
import { TEST_SECRET, TEST_STORE_KEY } from '../support/hub.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { Provider } from '../support/provider.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

/* A hub that dies between the approval and what was approved. */

const EMAIL = 'ada@example.com'

let redis: RedisServer
let provider: Provider
let hub: HubProcess
let service: Service

const token = (claims: TokenClaims) =>
  issueToken(createSecretKey(Buffer.from(TEST_SECRET)), claims, Date.now(), Date.now() + 600_000)
const environment = () => ({
  ...provider.environment,
  REDIS_URL: redis.url,
  JWT_SECRET: TEST_SECRET,
  STORE_KEY: TEST_STORE_KEY,
})

beforeAll(async () => {
  ;[redis, provider] = await Promise.all([startRedis(), Provider.start()])
  hub = await spawnHub(environment())
  service = await Service.start({ url: hub.url, token }, { patience: 500 })
})

afterAll(async () => {
  await service?.stop()
  await hub?.stop()
  await Promise.all([redis?.stop(), provider?.stop()])
})

it('lets nobody through while it is dead, and what was approved, once, when it is back', async () => {
  const device = { type: 'EMAIL', email: EMAIL, status: 'ACTIVE' }
  const backend = token({ scope: 'mfa:write', sub: 'test-backend' })
  expect((await call(hub, 'POST', '/v1/users/ada/devices', { token: backend, body: device })).status).toBe(201)
  const challenge = await service.challenged('ada')
  const authenticator = challenge._embedded.authenticators[0]?._id ?? ''
  const input = { user: 'ada', challenge: challenge._id, authenticator }
  await service.stepUp.start(input)
  await provider.delivered.until(({ to }) => to === EMAIL)
  await service.stepUp.verify({ ...input, code: provider.codeFor(EMAIL) })

  await hub.kill()
  for (const id of [undefined, challenge._id]) {
    const { status, error, headers } = await service.send('ada', id)
    expect({ status, type: error?.type }).toEqual({ status: 503, type: 'serviceUnavailable' })
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  }
  expect(service.done).toEqual([])

  hub = await spawnHub({ ...environment(), PORT: String(hub.port) })
  const said = await Promise.all([1, 2, 3].map(() => service.send('ada', challenge._id)))
  expect(said.map(({ status }) => status).toSorted()).toEqual([204, 401, 401])
  expect(service.done).toHaveLength(1)
})
