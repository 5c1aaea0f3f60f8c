import { describe, expect, it } from 'vitest'
import type { ApproverView } from '../../server/protocol/challenge.ts'
import { call, type Reply } from '../support/http-client.ts'
import type { RunningHub } from '../support/hub.ts'
import { expectProblem } from './expect-problem.ts'
import { type CurrentHubs, decide, get, open } from './hubs.ts'

let people = 0
const someone = () => `innocent ${++people} / Łódź`
const NOT_ME = { decision: 'deny', reason: 'not_me' }

const ask = (hub: RunningHub, approver: string): Promise<Reply<unknown>> =>
  call(hub, 'POST', '/v1/challenges', { token: hub.backend(), body: { approver } })
const pathOf = (user: string) => `/v1/approvers/${encodeURIComponent(user)}`
const lift = (hub: RunningHub, user: string, token = hub.backend()) =>
  call(hub, 'DELETE', `${pathOf(user)}/silence`, { token })
const standing = async (hub: RunningHub, user: string) =>
  (await call<ApproverView>(hub, 'GET', pathOf(user), { token: hub.backend() })).body

export function describeSilencing(hubs: CurrentHubs): void {
  describe('"not me"', () => {
    it('is in the record, and lets nobody ask on any instance, until a backend lifts it on any', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const { challenge } = await open(one, { approver: ada })
      expect(await standing(other, ada)).toStrictEqual({ approver: ada, pending: 1 })
      expect((await decide(other, challenge, NOT_ME, one.approver(ada))).body).toMatchObject({
        challengeStatus: 'denied',
        isChallengeComplete: true,
      })
      for (const hub of [one, other]) {
        const refused = await ask(hub, ada)
        expectProblem(refused, 'approver_silenced')
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(590)
        expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(600)
        expect((await get(hub, challenge)).body).toMatchObject({ decidedBy: ada, reason: 'not_me' })
        const { silencedUntil = 0, ...rest } = await standing(hub, ada)
        expect(rest).toStrictEqual({ approver: ada, pending: 0 })
        expect(silencedUntil).toBeGreaterThan(Date.now() + 590_000)
      }
      const lifted = await lift(other, ada)
      expect({ status: lifted.status, text: lifted.text }).toEqual({ status: 204, text: '' })
      for (const hub of [one, other]) expect((await ask(hub, ada)).status).toBe(201)
      expect(await standing(one, ada)).toStrictEqual({ approver: ada, pending: 2 })
    })

    it('is not lifted by the person, nor by the page', async () => {
      const { one } = hubs()
      const ada = someone()
      const { challenge, waitToken } = await open(one, { approver: ada })
      await decide(one, challenge, NOT_ME, one.approver(ada))
      for (const token of [one.approver(ada), waitToken]) {
        expectProblem(await lift(one, ada, token), 'insufficient_scope')
        expectProblem(await call(one, 'GET', pathOf(ada), { token }), 'insufficient_scope')
      }
      expectProblem(await ask(one, ada), 'approver_silenced')
    })

    it('may be lifted although nobody said it, and of nobody can be asked', async () => {
      const { one } = hubs()
      expect((await lift(one, someone())).status).toBe(204)
      expect((await lift(one, 'x'.repeat(200))).status).toBe(204)
      expectProblem(await lift(one, 'x'.repeat(201)), 'invalid_request')
      const nobody = await call(one, 'GET', pathOf('x'.repeat(201)), { token: one.backend() })
      expectProblem(nobody, 'invalid_request')
    })
  })
}
