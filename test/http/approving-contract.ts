import { describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import type { RunningHub } from '../support/hub.ts'
import { expectProblem } from './expect-problem.ts'
import { type CurrentHubs, decide, get, open, patch } from './hubs.ts'

/** People are not shared between tests. */
let people = 0
const someone = () => `person ${++people} / Łódź`

const list = (hub: RunningHub, token: string) => call<ApprovalView[]>(hub, 'GET', '/v1/approvals', { token })

export function describeApproving(hubs: CurrentHubs): void {
  describe('the key to subscribe to pushes with', () => {
    it('is the same on every instance: whichever sends a push, the browser knows it', async () => {
      const { one, other } = hubs()
      const ask = (hub: RunningHub) => call(hub, 'GET', '/v1/push/key', { token: hub.approver(someone()) })
      const [told, toldElsewhere] = await Promise.all([ask(one), ask(other)])
      expect(told).toMatchObject({ status: 200, body: { publicKey: expect.stringMatching(/^B[A-Za-z0-9_-]{86}$/) } })
      expect(toldElsewhere.body).toEqual(told.body)
    })
  })

  describe('the list of what is asked', () => {
    it('is empty, then shows what is asked, oldest first, to whom it is asked', async () => {
      const { one, other } = hubs()
      const [ada, eve] = [someone(), someone()]
      const before = await list(other, one.approver(ada))
      expect({ status: before.status, body: before.body }).toEqual({ status: 200, body: [] })
      const display = { title: 'Pay', message: 'm', fields: [{ label: 'To', value: 'Łódź' }] }
      const first = await open(one, { approver: ada, display, numberMatching: 6, challengeTimeout: 60 })
      const second = await open(other, { approver: ada, claimsNameValuePairs: [{ name: 'secret', value: 'secret' }] })
      await open(one, { approver: eve })
      const reply = await list(other, one.approver(ada))
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.body).toStrictEqual([
        {
          challenge: first.challenge,
          version: 1,
          display,
          createdDate: first.createdDate,
          expiresDate: first.expiresDate,
          numberMatching: 6,
          serverDate: expect.any(Number),
        },
        {
          challenge: second.challenge,
          version: 1,
          createdDate: second.createdDate,
          expiresDate: second.expiresDate,
          serverDate: expect.any(Number),
        },
      ])
    })

    it('shows only what still waits', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const opened = []
      for (let count = 0; count < 4; count++) opened.push((await open(one, { approver: ada })).challenge)
      const [approved = '', denied = '', cancelled = '', left = ''] = opened
      await decide(one, approved, { decision: 'approve' }, one.approver(ada))
      await decide(other, denied, { decision: 'deny' }, one.approver(ada))
      await patch(one, cancelled, { challengeStatus: 'cancelled', isChallengeComplete: true })
      expect((await list(other, one.approver(ada))).body.map((approval) => approval.challenge)).toEqual([left])
    })

    it('takes a hundred at a time, and tells when there is room again', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const ask = (hub: RunningHub) => open(hub, { approver: ada, challengeTimeout: 90 })
      for (let filled = 0; filled < 100; filled += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, at) => ask(at % 2 === 0 ? one : other)))
      }
      const body = { approver: ada }
      const refused = await call(other, 'POST', '/v1/challenges', { token: other.backend(), body })
      expectProblem(refused, 'too_many_requests')
      const retryAfter = Number(refused.headers.get('retry-after'))
      expect(retryAfter).toBeGreaterThan(60)
      expect(retryAfter).toBeLessThanOrEqual(90)
      expect((await list(one, one.approver(ada))).body).toHaveLength(100)
    })
  })

  describe('a decision', () => {
    it.each([
      ['approve', 'approved'],
      ['deny', 'denied'],
    ])('to %s makes it %s for everyone', async (decision, challengeStatus) => {
      const { one, other } = hubs()
      const ada = someone()
      const { challenge, waitToken, createdDate, expiresDate } = await open(one, {
        approver: ada,
        updatedByFlowId: 'f',
      })
      const reply = await decide(other, challenge, { decision, reason: 'because' }, one.approver(ada))
      expect(reply.status).toBe(200)
      expect(reply.headers.get('cache-control')).toBe('no-store')
      const ended = {
        challenge,
        challengeStatus,
        isChallengeComplete: true,
        updateByFlowId: 'f',
        version: 2,
        statusVersion: 2,
      }
      expect(reply.body).toStrictEqual({ ...ended, createdDate, expiresDate, statusUpdatedDate: expect.any(Number) })
      expect((await get(one, challenge)).body).toMatchObject({ ...ended, decidedBy: ada, reason: 'because' })
      expect((await get(one, challenge, waitToken)).body).toMatchObject(ended)
    })

    it('is answered alike when it is repeated, and not to be had by another device', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const { challenge } = await open(one, { approver: ada })
      const phone = one.approver(ada, 'phone')
      const first = await decide(one, challenge, { decision: 'approve' }, phone)
      const again = await decide(other, challenge, { decision: 'approve' }, phone)
      expect({ status: again.status, body: again.body }).toEqual({ status: 200, body: first.body })
      for (const [token, decision] of [
        [phone, 'deny'],
        [one.approver(ada, 'tablet'), 'approve'],
        [one.approver(ada), 'approve'],
      ] as const) {
        const problem = expectProblem(await decide(other, challenge, { decision }, token), 'challenge_complete')
        expect(problem.record).toStrictEqual(first.body)
      }
    })

    it('is too late when a backend was quicker', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const { challenge } = await open(one, { approver: ada, claimsNameValuePairs: [{ name: 'secret', value: 's' }] })
      await patch(one, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
      const reply = await decide(other, challenge, { decision: 'approve' }, one.approver(ada))
      expect(expectProblem(reply, 'challenge_complete').record).toMatchObject({
        challengeStatus: 'approved',
        version: 2,
      })
      expect(reply.text).not.toContain('secret')
    })

    it('is made once of twenty at a time', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const { challenge } = await open(one, { approver: ada })
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, at) => {
          const decision = at % 2 === 0 ? 'approve' : 'deny'
          return decide(at % 4 < 2 ? one : other, challenge, { decision }, one.approver(ada, `device ${at}`))
        }),
      )
      const [winner, ...more] = replies.filter((reply) => reply.status === 200)
      expect(more).toEqual([])
      for (const reply of replies) {
        if (reply !== winner) expect(expectProblem(reply, 'challenge_complete').record).toStrictEqual(winner?.body)
      }
    })

    it('needs no backend: but without an approver there is nobody to decide', async () => {
      const { one } = hubs()
      const { challenge } = await open(one)
      expectProblem(
        await decide(one, challenge, { decision: 'approve' }, one.approver(someone())),
        'challenge_not_found',
      )
    })
  })

  describe('throwing an approver out', () => {
    const throwOut = (hub: RunningHub, user: string) =>
      call(hub, 'DELETE', `/v1/approvers/${encodeURIComponent(user)}/connections`, { token: hub.backend() })

    it('kills the tokens issued until now, on every instance, and nobody else’s', async () => {
      const { one, other } = hubs()
      const [ada, eve] = [someone(), someone()]
      const { challenge } = await open(one, { approver: ada })
      const dead = one.approver(ada)
      const reply = await throwOut(one, ada)
      expect({ status: reply.status, text: reply.text }).toEqual({ status: 204, text: '' })
      for (const hub of [one, other]) {
        expectProblem(await list(hub, dead), 'invalid_token')
        expectProblem(await decide(hub, challenge, { decision: 'approve' }, dead), 'invalid_token')
        expect((await list(hub, one.approver(eve))).status).toBe(200)
      }
      // Tokens count whole seconds: one of the next second is good.
      await eventually(async () => expect((await list(other, one.approver(ada))).status).toBe(200))
      expectProblem(await list(other, dead), 'invalid_token')
      expect((await get(one, challenge)).body).toMatchObject({ challengeStatus: 'started', version: 1 })
    })

    it('may be done to nobody in particular, and again', async () => {
      const { one } = hubs()
      const nobody = someone()
      expect((await throwOut(one, nobody)).status).toBe(204)
      expect((await throwOut(one, nobody)).status).toBe(204)
    })
  })
}
