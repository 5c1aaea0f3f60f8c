import { describe, expect, it } from 'vitest'
import { call, type Reply } from '../support/http-client.ts'
import { expectProblem } from './expect-problem.ts'
import { type CurrentHubs, open, patch } from './hubs.ts'
import { rawRequest } from './raw-request.ts'

const UNKNOWN = 'u'.repeat(43)

/** All that could tell one answer from another. */
function traits({ status, headers, text }: Reply<unknown>) {
  const told = [...headers].filter(([name]) => name !== 'date')
  return { status, headers: Object.fromEntries(told), text }
}

export function describeSecrecy(hubs: CurrentHubs): void {
  describe('what is not theirs looks like nothing', () => {
    /** Challenges in every state, of which neither the page nor the approver below has one. */
    const foreign = async () => {
      const { one } = hubs()
      const started = await open(one)
      const asked = await open(one, { approver: 'someone else', numberMatching: 2 })
      const ended = await open(one, { approver: 'someone else' })
      await patch(one, ended.challenge, { challengeStatus: 'approved', isChallengeComplete: true })
      return [UNKNOWN, 'x', '%00', started.challenge, asked.challenge, ended.challenge]
    }

    it('to a page: read and poll, whatever the state', async () => {
      const { one, other } = hubs()
      const { waitToken: token } = await open(one)
      for (const call of ['', '/poll', '/poll?pollRetries=0&since=0']) {
        const headers = { Authorization: `Bearer ${token}`, 'If-None-Match': '"1"' }
        const replies = []
        for (const id of await foreign())
          replies.push(await rawRequest(other, 'GET', `/v1/challenges/${id}${call}`, { headers }))
        for (const reply of replies) expectProblem(reply, 'challenge_not_found')
        for (const reply of replies) expect(traits(reply)).toEqual(traits(replies[0] as Reply<unknown>))
      }
    })

    it('to an approver: every decision, whatever the state', async () => {
      const { one, other } = hubs()
      const headers = { Authorization: `Bearer ${one.approver('ada')}`, 'Content-Type': 'application/json' }
      for (const decision of [{ decision: 'approve' }, { decision: 'approve', number: '11' }, { decision: 'deny' }]) {
        const body = JSON.stringify(decision)
        const replies = []
        for (const id of await foreign())
          replies.push(await rawRequest(other, 'POST', `/v1/approvals/${id}`, { headers, body }))
        for (const reply of replies) expectProblem(reply, 'challenge_not_found')
        for (const reply of replies) expect(traits(reply)).toEqual(traits(replies[0] as Reply<unknown>))
      }
    })

    it('and so do bad questions about it', async () => {
      const { one } = hubs()
      const { waitToken } = await open(one)
      const texts = new Set<string>()
      for (const id of await foreign()) {
        const headers = { Authorization: `Bearer ${waitToken}` }
        texts.add((await rawRequest(one, 'GET', `/v1/challenges/${id}/poll?pollRetries=x`, { headers })).text)
      }
      expect(texts.size).toBe(1)
      texts.clear()
      for (const id of await foreign()) {
        const headers = { Authorization: `Bearer ${one.approver('ada')}`, 'Content-Type': 'application/json' }
        texts.add(
          (await rawRequest(one, 'POST', `/v1/approvals/${id}`, { headers, body: '{"decision":"maybe"}' })).text,
        )
      }
      expect(texts.size).toBe(1)
    })
  })

  describe('no answer to a bad credential repeats it', () => {
    it.each([
      ['a forged token', { Authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzZWNyZXQiOiJodW50ZXIyIn0.c2lnbmF0dXJl' }],
      ['a word', { Authorization: 'Bearer hunter2hunter2' }],
      ['another scheme', { Authorization: 'Basic aHVudGVyMjpodW50ZXIy' }],
      ['an API key', { 'API-Key': 'hunter2hunter2hunter2' }],
    ])('%s', async (_what, headers) => {
      const reply = await call(hubs().one, 'GET', '/v1/stats', { headers: headers as Record<string, string> })
      expectProblem(reply, 'invalid_token')
      for (const secret of Object.values(headers)) {
        for (const part of secret.split(/[ .]/).filter((part) => part.length > 6))
          expect(reply.text).not.toContain(part)
      }
    })
  })

  describe('every answer', () => {
    it('forbids to be kept, and says nothing of what it is made with', async () => {
      const { one } = hubs()
      const { challenge, waitToken } = await open(one, { approver: 'ada' })
      const answers = [
        call(one, 'GET', `/v1/challenges/${challenge}`, { token: waitToken }),
        call(one, 'GET', `/v1/challenges/${challenge}/poll?pollRetries=0`, { token: waitToken }),
        call(one, 'GET', '/v1/approvals', { token: one.approver('ada') }),
        call(one, 'GET', '/v1/stats', { token: one.backend() }),
        call(one, 'DELETE', '/v1/approvers/x/connections', { token: one.backend() }),
        call(one, 'GET', '/readyz'),
        call(one, 'GET', '/v1/stats'),
        call(one, 'GET', '/nothing'),
      ]
      for (const { headers } of await Promise.all(answers)) {
        expect(headers.get('cache-control')).toBe('no-store')
        expect(headers.get('x-powered-by')).toBeNull()
      }
    })
  })
}
