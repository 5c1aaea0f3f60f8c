import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { expectProblem } from './expect-problem.ts'
import { decide, get, open, patch, poll, stats } from './hubs.ts'

const OPENED = Date.UTC(2026, 0, 1)
const SECOND = 1_000
const GRACE = 300 * SECOND

let hub: RunningHub
beforeEach(async () => {
  // The memory store's clock and its timers; the network goes by its own.
  vi.useFakeTimers({ now: OPENED, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
  hub = await startHub()
})
afterEach(async () => {
  vi.useRealTimers()
  await hub.stop()
})
const pass = (ms: number) => vi.advanceTimersByTime(ms)

describe('by the clock, to the millisecond', () => {
  it('a challenge times out 300 s after it was opened, and can be read for 300 s more', async () => {
    const { challenge, waitToken, expiresDate } = await open(hub)
    expect(expiresDate).toBe(OPENED + 300 * SECOND)
    pass(300 * SECOND - 1)
    expect((await get(hub, challenge)).body).toMatchObject({ challengeStatus: 'started', version: 1 })
    pass(1)
    // Whoever knows version 1 is not told that nothing has changed.
    const known = { token: waitToken, headers: { 'If-None-Match': '"1"' } }
    expect((await call(hub, 'GET', `/v1/challenges/${challenge}`, known)).status).toBe(200)
    const ended = { challengeStatus: 'timed_out', isChallengeComplete: true, version: 2, statusVersion: 2 }
    expect((await get(hub, challenge)).body).toMatchObject({ ...ended, statusUpdatedDate: expiresDate, expiresDate })
    pass(GRACE - 1)
    expect((await get(hub, challenge)).body).toMatchObject(ended)
    const token = waitToken
    expect((await get(hub, challenge, token)).body).toMatchObject(ended)
    expect((await poll(hub, challenge, '', { token })).body).toMatchObject({ ...ended, pollOutcome: 'complete' })
    pass(1)
    expectProblem(await get(hub, challenge), 'challenge_not_found')
    expectProblem(await poll(hub, challenge, ''), 'challenge_not_found')
    expectProblem(await patch(hub, challenge, {}), 'challenge_not_found')
    // The page's token ends with what it is for.
    expectProblem(await get(hub, challenge, token), 'expired_token')
  })

  it.each([
    ['an approval', (id: string) => decide(hub, id, { decision: 'approve' }, hub.approver('ada'))],
    ['a denial', (id: string) => decide(hub, id, { decision: 'deny' }, hub.approver('ada'))],
    ['an update', (id: string) => patch(hub, id, { isChallengeComplete: true })],
  ])('%s ends it earlier, and 300 s begin there', async (_what, end) => {
    const { challenge, waitToken } = await open(hub, { approver: 'ada' })
    pass(100 * SECOND)
    expect((await end(challenge)).status).toBe(200)
    pass(GRACE - 1)
    expect((await get(hub, challenge)).body.isChallengeComplete).toBe(true)
    expect((await poll(hub, challenge, '', { token: waitToken })).body.pollOutcome).toBe('complete')
    pass(1)
    expectProblem(await get(hub, challenge), 'challenge_not_found')
    // A purged one is like any other that the page and the approver know nothing of.
    const unknown = await get(hub, 'x'.repeat(43), waitToken)
    const purged = await get(hub, challenge, waitToken)
    expect({ status: purged.status, text: purged.text }).toEqual({ status: unknown.status, text: unknown.text })
    const late = await decide(hub, challenge, { decision: 'approve' }, hub.approver('ada'))
    const stranger = await decide(hub, 'x'.repeat(43), { decision: 'approve' }, hub.approver('ada'))
    expect({ status: late.status, text: late.text }).toEqual({ status: stranger.status, text: stranger.text })
  })

  it('what nobody reads is gone 300 s after its deadline', async () => {
    const { challenge } = await open(hub, { challengeTimeout: 10 })
    pass(10 * SECOND + GRACE)
    expectProblem(await get(hub, challenge), 'challenge_not_found')
  })

  it('what is complete from the start is gone 300 s later, whatever its deadline', async () => {
    const { challenge } = await open(hub, { isChallengeComplete: true, challengeTimeout: 86_400 })
    pass(GRACE - 1)
    expect((await get(hub, challenge)).body).toMatchObject({ isChallengeComplete: true, version: 1 })
    pass(1)
    expectProblem(await get(hub, challenge), 'challenge_not_found')
  })

  it('an answer comes in time one millisecond before the deadline, and too late at it', async () => {
    const [inTime, tooLate] = [await open(hub, { approver: 'ada' }), await open(hub, { approver: 'ada' })]
    pass(300 * SECOND - 1)
    const approver = hub.approver('ada')
    expect((await decide(hub, inTime.challenge, { decision: 'approve' }, approver)).status).toBe(200)
    pass(1)
    const { record } = expectProblem(
      await decide(hub, tooLate.challenge, { decision: 'approve' }, approver),
      'challenge_complete',
    )
    expect(record).toMatchObject({ challengeStatus: 'timed_out', isChallengeComplete: true })
    expect((await call(hub, 'GET', '/v1/approvals', { token: approver })).body).toEqual([])
  })

  it('a repeat of an answer is answered for 300 s', async () => {
    const { challenge } = await open(hub, { approver: 'ada' })
    const approver = hub.approver('ada')
    await decide(hub, challenge, { decision: 'deny' }, approver)
    pass(GRACE - 1)
    expect((await decide(hub, challenge, { decision: 'deny' }, approver)).status).toBe(200)
    pass(1)
    expectProblem(await decide(hub, challenge, { decision: 'deny' }, approver), 'challenge_not_found')
  })

  it('who polls is told at the deadline', async () => {
    const { challenge } = await open(hub, { challengeTimeout: 10 })
    const polling = poll(hub, challenge, 'pollInterval=60000&pollRetries=10')
    await vi.waitFor(async () => expect((await stats(hub)).watches).toBe(1))
    pass(10 * SECOND)
    const { body } = await polling
    expect(body).toMatchObject({ pollOutcome: 'complete', challengeStatus: 'timed_out' })
    expect(body.statusUpdatedDate).toBeGreaterThanOrEqual(OPENED + 10 * SECOND)
  })

  it('the longest life is a day', async () => {
    const { challenge } = await open(hub, { challengeTimeout: 86_400 })
    pass(86_400 * SECOND - 1)
    expect((await get(hub, challenge, hub.backend())).body.challengeStatus).toBe('started')
    pass(1)
    expect((await get(hub, challenge, hub.backend())).body.challengeStatus).toBe('timed_out')
  })
})
