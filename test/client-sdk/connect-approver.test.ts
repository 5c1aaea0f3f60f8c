import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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

describe('over the socket', () => {
  it('shows the whole list at once, even an empty one', async () => {
    sit()
    await seat.shown('')
    expect(hub.handshakes.heard[0]?.token).toBe('an approver token')
  })

  it('shows what is asked and takes away what is withdrawn', async () => {
    hub.approvals = [approval('a')]
    sit()
    await seat.shown('a')
    hub.emit('/approving', 'requested', approval('b'))
    await seat.shown('a b')
    hub.emit('/approving', 'withdrawn', { challenge: 'a', challengeStatus: 'timed_out' })
    await seat.shown('b')
    expect(ids(seat.approver.pending())).toBe('b')
    expect(ids(seat.requested.heard)).toBe('a b')
    expect(seat.withdrawn.heard).toEqual([{ challenge: 'a', challengeStatus: 'timed_out' }])
  })

  it('shows the same prompt once, however often it comes', async () => {
    hub.approvals = [approval('a')]
    sit()
    await seat.shown('a')
    for (let i = 0; i < 3; i++) hub.emit('/approving', 'requested', approval('a'))
    hub.emit('/approving', 'pending', [approval('a')])
    hub.emit('/approving', 'requested', approval('b'))
    await seat.shown('a b')
    expect(seat.lists.heard.map(ids)).toEqual(['a', 'a b'])
    expect(ids(seat.requested.heard)).toBe('a b')
  })

  it('says the decision and resolves with the challenge', async () => {
    hub.approvals = [approval('a'), approval('b')]
    hub.answer = { ok: true, challenge: approved }
    sit()
    await seat.connected('live')
    expect(await seat.approver.approve('a', { number: '42', reason: 'it is me' })).toEqual(approved)
    expect(await seat.approver.deny('b')).toEqual(approved)
    expect(hub.decisions.heard).toEqual([
      { decision: 'approve', message: { challenge: 'a', number: '42', reason: 'it is me' }, road: 'socket' },
      { decision: 'deny', message: { challenge: 'b' }, road: 'socket' },
    ])
    await seat.shown('')
    // Told by the promises; nobody withdrew them.
    expect(seat.withdrawn.heard).toEqual([])
    expect(hub.calls.heard).toEqual([])
  })

  it('does not show again what was decided, when an older list comes late', async () => {
    hub.approvals = [approval('a')]
    hub.answer = { ok: true, challenge: approved }
    sit()
    await seat.connected('live')
    await seat.approver.approve('a')
    hub.emit('/approving', 'pending', [approval('a')])
    hub.emit('/approving', 'requested', approval('b'))
    await seat.shown('b')
    expect(seat.lists.heard.map(ids)).toEqual(['a', '', 'b'])
  })

  it('rejects with what stands when somebody else was first, and takes it from the list', async () => {
    hub.approvals = [approval('a')]
    const denied = { ...approved, challengeStatus: 'denied' }
    hub.answer = { ok: false, error: { code: 'challenge_complete', detail: 'Too late.' }, record: denied }
    sit()
    await seat.connected('live')
    await expect(seat.approver.approve('a')).rejects.toMatchObject({ code: 'challenge_complete', record: denied })
    expect(seat.approver.pending()).toEqual([])
  })

  it('says how many tries are left after a wrong number, and keeps it in the list', async () => {
    hub.approvals = [approval('a')]
    hub.answer = { ok: false, error: { code: 'number_mismatch', detail: 'Wrong.', attemptsRemaining: 2 } }
    sit()
    await seat.connected('live')
    await expect(seat.approver.approve('a', { number: 7 })).rejects.toMatchObject({
      name: 'AssentError',
      code: 'number_mismatch',
      attemptsRemaining: 2,
    })
    expect(ids(seat.approver.pending())).toBe('a')
  })

  it('moves without a gap', async () => {
    sit()
    await seat.connected('live')
    const [old] = hub.opened.heard
    hub.emit('/approving', 'moving', { afterMs: 0 })
    await hub.closed.until((id) => id === old?.id)
    expect(hub.opened.heard.length).toBe(2)
    expect(seat.connections.heard).toEqual(['live'])
  })
})

describe('ends', () => {
  it.each(['socket', 'http'])('when the token is no longer allowed, over %s', async (road) => {
    if (road === 'http') hub.webSockets = 'refused'
    hub.refusal = { code: 'expired_token', detail: 'Too late.' }
    hub.fault = { problem: { code: 'expired_token', detail: 'Too late.' } }
    sit()
    await seat.errors.until(({ code }) => code === 'expired_token')
    expect(seat.connections.heard).toEqual(['offline'])
    // Not that it was closed: why.
    await expect(seat.approver.approve('a')).rejects.toMatchObject({ code: 'expired_token' })
    expect(hub.decisions.heard).toEqual([])
  })

  it.each(['close', 'signal'])('by %s: everything is closed', async (how) => {
    const abort = new AbortController()
    sit({ signal: abort.signal })
    await seat.connected('live')
    if (how === 'close') seat.approver.close()
    else abort.abort()
    await eventually(() => hub.openSockets === 0)
    await expect(seat.approver.deny('a')).rejects.toMatchObject({ name: 'AbortError' })
    expect(seat.errors.heard).toEqual([])
  })

  it('before it began, for a signal that was aborted already', async () => {
    sit({ signal: AbortSignal.abort() })
    await expect(seat.approver.deny('a')).rejects.toMatchObject({ name: 'AbortError' })
    expect(hub.opened.heard).toEqual([])
  })
})
