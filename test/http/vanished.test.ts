import { afterAll, beforeAll, describe, it } from 'vitest'
import { type RunningHub, startHub } from '../support/hub.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { expectProblem } from './expect-problem.ts'
import { decide, get, open, patch, poll, watched } from './hubs.ts'

let redis: RedisServer
let hub: RunningHub
beforeAll(async () => {
  redis = await startRedis()
  hub = await startHub({ REDIS_URL: redis.url, REDIS_PREFIX: 'vanish' })
})
afterAll(async () => {
  await hub.stop()
  await redis.stop()
})

/** What Redis does to every document when its time has come, only sooner. */
const forgetAll = () =>
  redis.cli('eval', "for _, key in ipairs(redis.call('keys', 'vanish:{*')) do redis.call('del', key) end", '0')

describe('a challenge that Redis has forgotten', () => {
  it('is not found, by whoever asks, nor by who has been polling', async () => {
    const { challenge, waitToken } = await open(hub, { approver: 'ada' })
    const polling = poll(hub, challenge, 'pollInterval=100&pollRetries=5')
    await watched(hub, 1)
    await forgetAll()
    expectProblem(await get(hub, challenge), 'challenge_not_found')
    expectProblem(await get(hub, challenge, waitToken), 'challenge_not_found')
    expectProblem(await patch(hub, challenge, { challengeStatus: 'scanned' }), 'challenge_not_found')
    expectProblem(await decide(hub, challenge, { decision: 'deny' }, hub.approver('ada')), 'challenge_not_found')
    expectProblem(await polling, 'challenge_not_found')
  })
})
