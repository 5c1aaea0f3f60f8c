import { describe, expect, it } from 'vitest'
import { call } from '../support/http-client.ts'
import { expectProblem } from './expect-problem.ts'
import { type CurrentHubs, get, open, patch, poll } from './hubs.ts'
import { rawRequest } from './raw-request.ts'

/** Keys are not shared between tests. */
let keys = 0
const someKey = () => ({ 'Idempotency-Key': `key ${++keys}` })

export function describeIdempotency(hubs: CurrentHubs): void {
  describe('an Idempotency-Key', () => {
    it('gives the same challenge, with a fresh wait token, on every instance', async () => {
      const { one, other } = hubs()
      const key = someKey()
      const first = await open(one, { numberMatching: 2 }, key)
      const second = await open(other, { numberMatching: 2 }, key)
      expect({ ...second, waitToken: '' }).toEqual({ ...first, waitToken: '' })
      expect((await get(one, first.challenge, second.waitToken)).status).toBe(200)
    })

    it('gives it as it now stands', async () => {
      const { one, other } = hubs()
      const key = someKey()
      const { challenge } = await open(one, {}, key)
      await patch(one, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
      expect(await open(other, {}, key)).toMatchObject({ challenge, challengeStatus: 'approved', version: 2 })
    })

    it('gives a wait token that begins where the first one did: a page that comes late is told', async () => {
      const { one, other } = hubs()
      const key = someKey()
      const { challenge } = await open(one, {}, key)
      await patch(one, challenge, { challengeStatus: 'scanned' })
      const { waitToken } = await open(other, {}, key)
      const { body } = await poll(other, challenge, 'pollInterval=60000&pollRetries=10', { token: waitToken })
      expect(body).toMatchObject({ pollOutcome: 'changed', challengeStatus: 'scanned' })
    })

    it('is refused with another body', async () => {
      const { one, other } = hubs()
      const headers = someKey()
      await open(one, {}, headers)
      const options = { token: other.backend(), body: { challengeTimeout: 299 }, headers }
      expectProblem(await call(other, 'POST', '/v1/challenges', options), 'idempotency_key_reused')
    })

    it('is another key for another caller', async () => {
      const { one } = hubs()
      const headers = someKey()
      const { challenge } = await open(one, {}, headers)
      const bank = one.token({ scope: 'challenges:write', sub: 'bank' })
      const byToken = await call(one, 'POST', '/v1/challenges', { token: bank, body: { challengeTimeout: 9 }, headers })
      const withKey = { ...headers, 'API-Key': 'writer-key-0123456789' }
      const byKey = await call(one, 'POST', '/v1/challenges', { body: { challengeTimeout: 8 }, headers: withKey })
      expect([byToken.status, byKey.status]).toEqual([201, 201])
      expect(byToken.text).not.toContain(challenge)
      expect(byKey.text).not.toContain(challenge)
    })

    it('makes one challenge of twenty requests at once', async () => {
      const { one, other } = hubs()
      const key = someKey()
      const opened = await Promise.all(
        Array.from({ length: 20 }, (_, at) => open(at % 2 === 0 ? one : other, { approver: 'idem' }, key)),
      )
      expect(new Set(opened.map((created) => created.challenge)).size).toBe(1)
      const list = await call<object[]>(one, 'GET', '/v1/approvals', { token: one.approver('idem') })
      expect(list.body).toHaveLength(1)
    })

    it('has 1 to 200 characters', async () => {
      const { one } = hubs()
      const send = (key: string) => {
        const headers = {
          Authorization: `Bearer ${one.backend()}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': key,
        }
        return rawRequest(one, 'POST', '/v1/challenges', { headers, body: '{}' })
      }
      expect((await send('k')).status).toBe(201)
      expect((await send('k'.repeat(200))).status).toBe(201)
      for (const key of ['', 'k'.repeat(201)]) {
        const { errors = [] } = expectProblem(await send(key), 'invalid_request')
        expect(errors.map((error) => error.path)).toEqual([expect.stringMatching(/^idempotency-?key$/i)])
      }
    })

    it('is not used up by a body that is refused', async () => {
      const { one } = hubs()
      const headers = someKey()
      const options = { token: one.backend(), body: { challengeTimeout: 0 }, headers }
      expectProblem(await call(one, 'POST', '/v1/challenges', options), 'invalid_request')
      expect(await open(one, {}, headers)).toMatchObject({ version: 1 })
    })
  })
}
