import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { call, type Reply } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { expectProblem } from './expect-problem.ts'
import { decide, get, open, patch, poll, watched } from './hubs.ts'

/** A store that does not answer is given up after half a second; the rest is what a busy machine needs. Milliseconds. */
const PATIENCE = 600
const SLACK = 1_400
/** Doubt comes after four seconds of silence, at the next beat of two. Milliseconds. */
const NOTICED = 8_000

let redis: RedisServer
let hub: RunningHub
let other: RunningHub
beforeAll(async () => {
  redis = await startRedis()
  hub = await startHub({ REDIS_URL: redis.url })
  other = await startHub({ REDIS_URL: redis.url })
})
afterEach(() => redis.thaw())
afterAll(async () => {
  await Promise.all([hub.stop(), other.stop()])
  await redis.stop()
})

const readiness = async (of: RunningHub) => (await call(of, 'GET', '/readyz')).status

/** Checks that each is told within its patience, all of them at once, that the store is away. */
async function expectUnavailable(...calls: readonly (() => Promise<Reply<unknown>>)[]): Promise<void> {
  const began = performance.now()
  const timed = calls.map(async (ask) => ({ reply: await ask(), ms: performance.now() - began }))
  for (const { reply, ms } of await Promise.all(timed)) {
    expectProblem(reply, 'store_unavailable')
    expect(ms).toBeLessThan(PATIENCE + SLACK)
  }
}

describe('while Redis answers nothing', () => {
  it('every call says so in time, with a time to come back; then everything goes on', async () => {
    const { challenge, waitToken } = await open(hub, { approver: 'ada' })
    const key = { 'Idempotency-Key': 'k' }
    redis.freeze()
    const token = hub.backend()
    const approver = hub.approver('ada')
    await expectUnavailable(
      () => call(hub, 'POST', '/v1/challenges', { token, body: {} }),
      () => call(hub, 'POST', '/v1/challenges', { token, body: { approver: 'ada' } }),
      () => call(hub, 'POST', '/v1/challenges', { token, body: {}, headers: key }),
      () => patch(hub, challenge, { challengeStatus: 'scanned' }),
      () => get(hub, challenge),
      () => get(hub, challenge, waitToken),
      () => poll(hub, challenge, 'pollRetries=0'),
      () => call(hub, 'GET', '/v1/approvals', { token: approver }),
      () => decide(hub, challenge, { decision: 'approve' }, approver),
      () => call(hub, 'DELETE', '/v1/approvers/ada/connections', { token }),
    )
    // Those who want the same document do not wait for one another.
    const sameDocument = () => patch(hub, challenge, { challengeStatus: 'scanned' })
    await expectUnavailable(...Array.from({ length: 20 }, () => sameDocument))

    // Who may not call, or asks nonsense, is told that, at once: it does not take a store.
    expectProblem(await call(hub, 'GET', '/v1/stats'), 'invalid_token')
    expectProblem(await patch(hub, challenge, { challengeStatus: '' }), 'invalid_request')
    expect((await call(hub, 'GET', '/healthz')).status).toBe(200)

    for (const each of [hub, other]) {
      await eventually(async () => expect(await readiness(each)).toBe(503), { within: NOTICED })
    }
    await expectUnavailable(
      () => get(hub, challenge),
      () => patch(hub, challenge, { challengeStatus: 'scanned' }),
    )
    expect((await call(hub, 'GET', '/healthz')).status).toBe(200)

    redis.thaw()
    for (const each of [hub, other]) {
      await eventually(async () => expect(await readiness(each)).toBe(200), { within: NOTICED })
    }
    const { body } = await get(other, challenge)
    expect(['started', 'scanned', 'approved']).toContain(body.challengeStatus)
    expect((await open(hub)).version).toBe(1)
    expect((await patch(other, (await open(hub)).challenge, { challengeStatus: 'scanned' })).body.version).toBe(2)
  })

  it('who polls waits on, and hears of the change when it comes', async () => {
    await watched(hub, 0)
    const { challenge } = await open(hub)
    const polling = poll(hub, challenge, 'pollInterval=60000&pollRetries=1&since=1')
    await watched(hub, 1)
    redis.freeze()
    await expectUnavailable(() => get(hub, challenge))
    redis.thaw()
    await eventually(async () =>
      expect((await patch(other, challenge, { challengeStatus: 'scanned' })).status).toBe(200),
    )
    expect((await polling).body).toMatchObject({ pollOutcome: 'changed', challengeStatus: 'scanned' })
  })

  it('who polls in vain is told that the store is away', async () => {
    await watched(hub, 0)
    const { challenge } = await open(hub)
    const polling = poll(hub, challenge, 'pollInterval=1000&pollRetries=1')
    await watched(hub, 1)
    redis.freeze()
    expectProblem(await polling, 'store_unavailable')
    redis.thaw()
    await eventually(async () => expect((await get(hub, challenge)).status).toBe(200))
  })
})
