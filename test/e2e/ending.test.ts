import { io } from 'socket.io-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createBackend } from '../../client-sdk/index.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { type HubProcess, spawnHub } from '../support/hub-process.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'

/*
 * The compiled process, as an orchestrator sees it: which signal ends it when, and with which exit code.
 */

const API_KEY = 'an-api-key-of-27-characters'
const PRODUCTION = {
  NODE_ENV: 'production',
  JWT_SECRET: 'a-secret-for-tests-only-of-40-characters',
  STORE_KEY: Buffer.alloc(32, 7).toString('base64'),
  API_KEYS: `shop:${API_KEY}:challenges:write challenges:read`,
}
/** For the last answers and goodbyes, and what a busy machine needs. Milliseconds. */
const SLACK = 2_500

async function start(environment: Record<string, string>): Promise<HubProcess> {
  const hub = await spawnHub({ ...PRODUCTION, ...environment })
  onTestFinished(() => hub.kill())
  return hub
}

async function timedEnd(hub: HubProcess, ...signals: readonly NodeJS.Signals[]) {
  const began = performance.now()
  for (const signal of signals) {
    hub.signal(signal)
    // The readiness shows that the signal has been heard.
    if (signals.length > 1) await unready(hub)
  }
  return { code: await hub.ended, ms: performance.now() - began }
}

async function unready(hub: HubProcess): Promise<void> {
  while ((await fetch(`${hub.url}/readyz`).catch(() => undefined))?.ok);
}

async function openWaiting(hub: HubProcess) {
  const backend = createBackend({ url: hub.url, apiKey: API_KEY })
  const [{ waitToken }, { challenge }] = await Promise.all([backend.createChallenge({}), backend.createChallenge({})])
  const page = io(`${hub.url}/waiting`, { transports: ['websocket'], auth: { token: waitToken }, reconnection: false })
  onTestFinished(() => void page.disconnect())
  await new Promise((resolve) => page.once('status', resolve))
  const closed = new Promise<string>((resolve) => page.once('disconnect', resolve))
  const headers = { 'API-Key': API_KEY }
  const polling = call<{ code: string }>(hub, 'GET', `/v1/challenges/${challenge}/poll?since=1`, { headers })
  const watches = async () => (await call<{ watches: number }>(hub, 'GET', '/v1/stats', { headers })).body.watches
  await eventually(async () => (await watches()) === 2)
  // It counts as watched before it has been read: what is asked later is answered later.
  for (let reads = 0; reads < 10; reads++) await backend.getChallenge(challenge)
  return { closed, polling }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('ends it after the window, everybody answered, with exit code 0', async () => {
    const hub = await start({ DRAIN_SECONDS: '1' })
    const { closed, polling } = await openWaiting(hub)
    const { code, ms } = await timedEnd(hub, signal)
    expect(code).toBe(0)
    expect(ms).toBeGreaterThan(1_000)
    expect(ms).toBeLessThan(1_000 + SLACK)
    expect((await polling).body.code).toBe('draining')
    expect(await closed).toBe('transport close')
  })

  it('said twice means now', async () => {
    const hub = await start({ DRAIN_SECONDS: '60' })
    const { code, ms } = await timedEnd(hub, 'SIGTERM', signal)
    expect(code).toBe(signal === 'SIGINT' ? 130 : 143)
    expect(ms).toBeLessThan(SLACK)
  })

  it('ends it at once when there is no window, all the same in order', async () => {
    const hub = await start({ DRAIN_SECONDS: '0' })
    const { closed, polling } = await openWaiting(hub)
    const { code, ms } = await timedEnd(hub, signal)
    expect(code).toBe(0)
    expect(ms).toBeLessThan(SLACK)
    expect((await polling).body.code).toBe('draining')
    expect(await closed).toBe('transport close')
  })

  it('ends it at once in development, whatever the window', async () => {
    const hub = await start({ NODE_ENV: 'development', DRAIN_SECONDS: '60' })
    const { closed } = await openWaiting(hub)
    const { code, ms } = await timedEnd(hub, signal)
    expect(code).toBe(0)
    expect(ms).toBeLessThan(SLACK)
    expect(await closed).toBe('transport close')
  })
})

describe('without its Redis', () => {
  it.each([
    ['killed', (redis: RedisServer) => redis.kill()],
    ['frozen', async (redis: RedisServer) => redis.freeze()],
  ] as const)('%s, it ends the same way', async (_how, away) => {
    await using redis = await startRedis()
    const hub = await start({ DRAIN_SECONDS: '1', REDIS_URL: redis.url })
    const { closed, polling } = await openWaiting(hub)
    await away(redis)
    const { code, ms } = await timedEnd(hub, 'SIGTERM')
    expect(code).toBe(0)
    expect(ms).toBeLessThan(1_000 + SLACK)
    expect((await polling).body.code).toBe('draining')
    expect(await closed).toBe('transport close')
  })
})
