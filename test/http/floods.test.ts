import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { call, type Reply } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { expectProblem } from './expect-problem.ts'
import { open, patch, poll, watched } from './hubs.ts'
import { rawRequest } from './raw-request.ts'

let hub: RunningHub
afterEach(() => hub.stop())

const start = async (limits: Record<string, string>) => {
  hub = await startHub(limits)
}
const times = <T>(count: number, make: (at: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, at) => make(at)))
const read = (headers = {}) => rawRequest(hub, 'GET', '/v1/challenges/x', { headers })
const statuses = (replies: readonly Reply<unknown>[], status: number) =>
  replies.filter((reply) => reply.status === status)

describe('requests', () => {
  it('above the limit of their address are refused before anybody is asked who they are, others are not', async () => {
    await start({ LIMIT_REQUESTS_PER_ADDRESS: '10', TRUST_PROXY: '127.0.0.0/8' })
    const greedy = await times(50, () => read({ 'X-Forwarded-For': '203.0.113.1' }))
    expect(statuses(greedy, 401).length).toBeGreaterThanOrEqual(10)
    // As many again if a second turned meanwhile.
    expect(statuses(greedy, 401).length).toBeLessThanOrEqual(20)
    for (const reply of statuses(greedy, 429)) expectProblem(reply, 'too_many_requests')
    expect((await read({ 'X-Forwarded-For': '203.0.113.2' })).status).toBe(401)
    // A page's request takes another way through the house; it is counted there, too.
    const pages = await times(30, () => read({ 'X-Forwarded-For': '203.0.113.3', Origin: hub.url }))
    expect(statuses(pages, 429).length).toBeGreaterThanOrEqual(10)
  })

  it('above the limit of the instance are told that it is overloaded, and health checks are not', async () => {
    await start({ LIMIT_REQUESTS_PER_SECOND: '10' })
    const replies = await times(40, () => read())
    expect(statuses(replies, 401).length).toBeLessThanOrEqual(20)
    const refused = statuses(replies, 503)
    expect(refused.length).toBeGreaterThanOrEqual(20)
    for (const reply of refused) expectProblem(reply, 'overloaded')
    expect(statuses(await times(20, () => call(hub, 'GET', '/healthz')), 200)).toHaveLength(20)
    expect(statuses(await times(20, () => call(hub, 'GET', '/readyz')), 200)).toHaveLength(20)
    await eventually(async () => expect((await read()).status).toBe(401))
  })

  it('that create: so many of one backend a second, whichever of its tokens it shows, and by socket or HTTP', async () => {
    await start({ LIMIT_CREATIONS_PER_BACKEND: '5' })
    const backend = (sub: string) => hub.token({ scope: 'challenges:write', sub }, 60 + Math.random() * 1_000)
    const replies = await times(20, () => call(hub, 'POST', '/v1/challenges', { token: backend('shop'), body: {} }))
    expect(statuses(replies, 201).length).toBeLessThanOrEqual(10)
    for (const reply of statuses(replies, 429)) expectProblem(reply, 'too_many_requests')
    const other = await call(hub, 'POST', '/v1/challenges', { token: backend('bank'), body: {} })
    expect(other.status).toBe(201)
  })

  it('of a backend that creates two thousand a second are all served by default', async () => {
    await start({})
    const replies = await times(2_000, () => call(hub, 'POST', '/v1/challenges', { token: hub.backend(), body: {} }))
    expect(statuses(replies, 201)).toHaveLength(2_000)
    expect((await call<{ refused: object }>(hub, 'GET', '/v1/limits', { token: hub.backend() })).body.refused).toEqual(
      {},
    )
  })
})

describe('polls that are held', () => {
  const hold = (challenge: string, token?: string) =>
    poll(hub, challenge, 'pollInterval=60000&pollRetries=5', { ...(token !== undefined && { token }) })

  it.each([
    ['for one challenge', { LIMIT_POLLS_PER_CHALLENGE: '3' }],
    ['with one token', { LIMIT_POLLS_PER_TOKEN: '3' }],
    ['from one address', { LIMIT_POLLS_PER_ADDRESS: '3' }],
  ])('%s are limited, end as ever, and make room', async (_what, limits) => {
    await start(limits)
    for (let round = 0; round < 3; round++) {
      const { challenge } = await open(hub)
      const held = [hold(challenge), hold(challenge), hold(challenge)]
      await watched(hub, 1)
      expectProblem(await hold(challenge), 'too_many_requests')
      await patch(hub, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
      for (const { status, body } of await Promise.all(held)) {
        expect({ status, pollOutcome: body.pollOutcome }).toEqual({ status: 200, pollOutcome: 'complete' })
      }
    }
  })

  it('make room when the caller hangs up, and when there is nothing to hold', async () => {
    await start({ LIMIT_POLLS_PER_ADDRESS: '1' })
    const { challenge } = await open(hub)
    for (let round = 0; round < 3; round++) {
      expect((await hold('x')).status).toBe(404)
      const abort = new AbortController()
      const held = poll(hub, challenge, 'pollInterval=60000&pollRetries=5', { signal: abort.signal })
      held.catch(() => undefined)
      await eventually(async () => expect((await hold('x')).status).toBe(429))
      abort.abort()
      await eventually(async () => expect((await hold('x')).status).toBe(404))
    }
  })

  it('of another token or challenge are not refused', async () => {
    await start({ LIMIT_POLLS_PER_TOKEN: '1', LIMIT_POLLS_PER_CHALLENGE: '2' })
    const [one, other] = [await open(hub), await open(hub)]
    const held = [hold(one.challenge, one.waitToken), hold(one.challenge), hold(other.challenge, other.waitToken)]
    await watched(hub, 2)
    expectProblem(await hold(one.challenge, one.waitToken), 'too_many_requests')
    expectProblem(await hold(other.challenge), 'too_many_requests')
    for (const { challenge } of [one, other]) await patch(hub, challenge, { isChallengeComplete: true })
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200])
  })
})
