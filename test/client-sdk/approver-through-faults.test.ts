import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ApproverOptions } from '../../client-sdk/index.ts'
import { eventually } from '../support/eventually.ts'
import { ApproverSeat, ids } from './approver-seat.ts'
import { approval, page } from './samples.ts'
import { ScriptedHub } from './scripted-hub.ts'

let hub: ScriptedHub
let seat: ApproverSeat

beforeEach(async () => {
  hub = await ScriptedHub.start()
})
afterEach(async () => {
  seat.approver.close()
  await hub.stop()
})

const sit = (options?: Partial<ApproverOptions>) => {
  seat = new ApproverSeat(hub.url, options)
}
const approved = page({ challenge: 'a', challengeStatus: 'approved', isChallengeComplete: true, version: 2 })

describe('when WebSockets are blocked', () => {
  beforeEach(() => {
    hub.webSockets = 'refused'
  })

  it('reads the list over HTTP, again and again', async () => {
    hub.approvals = [approval('a')]
    sit()
    await seat.shown('a')
    await seat.connected('polling')
    expect(hub.calls.heard[0]).toMatchObject({
      path: '/v1/approvals',
      headers: { authorization: 'Bearer an approver token' },
    })
    hub.approvals = [approval('b')]
    await seat.shown('b')
    expect(ids(seat.requested.heard)).toBe('a b')
    expect(seat.withdrawn.heard).toEqual([{ challenge: 'a', challengeStatus: 'withdrawn' }])
    expect(seat.lists.heard.map(ids)).toEqual(['a', 'b'])
  })

  it('decides over HTTP', async () => {
    hub.answer = { ok: true, challenge: approved }
    sit()
    await seat.connected('polling')
    expect(await seat.approver.deny('a', { reason: 'not me' })).toEqual(approved)
    expect(hub.decisions.heard).toEqual([
      { decision: 'deny', message: { decision: 'deny', reason: 'not me' }, road: 'http' },
    ])
    expect(hub.calls.heard.find(({ method }) => method === 'POST')?.path).toBe('/v1/approvals/a')
  })

  it.each([
    [
      { code: 'challenge_complete', detail: 'Too late.', record: approved },
      { record: approved, status: 409 },
    ],
    [
      { code: 'number_mismatch', detail: 'Wrong.', attemptsRemaining: 1 },
      { attemptsRemaining: 1, status: 422 },
    ],
  ] as const)('rejects with the problem: %o', async (problem, wanted) => {
    sit({ pollInterval: 60_000 })
    await seat.connected('polling')
    hub.faults.push({ problem })
    await expect(seat.approver.approve('a')).rejects.toMatchObject({ code: problem.code, ...wanted })
  })

  it('repeats a decision that nobody answered', async () => {
    hub.answer = { ok: true, challenge: approved }
    sit({ pollInterval: 60_000 })
    await seat.connected('polling')
    hub.faults.push('cut', { bare: 502 })
    expect(await seat.approver.approve('a')).toEqual(approved)
  })

  it('goes back to the socket when it can, and the same prompt stays one prompt', async () => {
    hub.approvals = [approval('a')]
    sit()
    await seat.connected('polling')
    hub.webSockets = 'welcome'
    await seat.connected('live')
    hub.emit('/approving', 'requested', approval('b'))
    await seat.shown('a b')
    expect(seat.lists.heard.map(ids)).toEqual(['a', 'a b'])
  })
})

describe('when the socket fails', () => {
  it('repeats the decision over HTTP when it drops before the answer', async () => {
    hub.approvals = [approval('a')]
    sit()
    await seat.connected('live')
    const decided = seat.approver.approve('a')
    await hub.decisions.until(({ road }) => road === 'socket')
    hub.answer = { ok: true, challenge: approved }
    hub.dropAll()
    expect(await decided).toEqual(approved)
    expect(hub.decisions.heard.map(({ road }) => road)).toEqual(['socket', 'http'])
  })

  it('repeats the decision over HTTP when no answer comes within 5 s', async () => {
    sit()
    await seat.connected('live')
    const decided = seat.approver.approve('a')
    await hub.decisions.until(({ road }) => road === 'socket')
    hub.answer = { ok: true, challenge: approved }
    expect(await decided).toEqual(approved)
  })

  it('tries over HTTP what the socket was too busy for', async () => {
    sit()
    await seat.connected('live')
    hub.answer = { ok: false, error: { code: 'busy', detail: 'Later.' } }
    const decided = seat.approver.approve('a')
    await hub.decisions.until(({ road }) => road === 'socket')
    hub.answer = { ok: true, challenge: approved }
    expect(await decided).toEqual(approved)
    expect(hub.decisions.heard.map(({ road }) => road)).toEqual(['socket', 'http'])
  })

  it('comes back with the list as it then is', async () => {
    hub.approvals = [approval('a')]
    sit()
    await seat.shown('a')
    hub.approvals = [approval('b')]
    hub.dropAll()
    await seat.shown('b')
    expect(seat.lists.heard.map(ids)).toEqual(['a', 'b'])
  })

  it('does not knock before retryAfter is over', async () => {
    hub.refusal = { code: 'overloaded', detail: 'Later.', retryAfter: 1 }
    sit()
    await hub.handshakes.until(() => true)
    hub.refusal = undefined
    await seat.connected('live')
    const [first, second] = hub.handshakes.heard
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1000)
  })
})

describe('after a sleep', () => {
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const wake = () => document.dispatchEvent(new Event('visibilitychange'))
  beforeEach(() => {
    vi.stubGlobal('document', document)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  it('shows what a socket that only seems to live has not told', async () => {
    sit()
    await seat.shown('')
    hub.approvals = [approval('a')]
    wake()
    await seat.shown('a')
    await eventually(() => hub.opened.heard.length === 2 && hub.openSockets === 1)
  })

  it('does not let an answer that travelled long take away what was heard meanwhile', async () => {
    sit()
    await seat.shown('')
    hub.faults.push({ late: 300 })
    wake()
    await hub.calls.until(() => true)
    hub.emit('/approving', 'requested', approval('a'))
    await seat.shown('a')
    hub.approvals = [approval('a')]
    // The late answer is in by the time a second waking is heeded again.
    await eventually(() => {
      wake()
      return hub.calls.heard.length > 1
    })
    expect(seat.lists.heard.map(ids)).toEqual(['', 'a'])
    expect(hub.opened.heard.length).toBe(1)
  })
})
