import { describe, expect, it } from 'vitest'
import { expectProblem } from './expect-problem.ts'
import { type CurrentHubs, get, open, patch } from './hubs.ts'

export function describeUpdating(hubs: CurrentHubs): void {
  describe('updating a challenge', () => {
    it('changes all there is to change', async () => {
      const { one, other } = hubs()
      const { waitToken: _token, ...created } = await open(one, { updatedByFlowId: 'f', challengeTimeout: 60 })
      const body = {
        challengeStatus: 'scanned',
        isChallengeComplete: false,
        updatedByFlowId: 'g',
        claimsNameValuePairs: [{ name: 'a', value: 'b' }],
      }
      const reply = await patch(other, created.challenge, body)
      expect(reply.status).toBe(200)
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.body).toStrictEqual({
        ...created,
        challengeStatus: 'scanned',
        updateByFlowId: 'g',
        claimsNameValuePairs: body.claimsNameValuePairs,
        version: 2,
        statusVersion: 2,
        statusUpdatedDate: expect.any(Number),
      })
      expect(reply.body.statusUpdatedDate).toBeGreaterThanOrEqual(created.createdDate)
      expect((await get(one, created.challenge)).body).toStrictEqual(reply.body)
    })

    it.each([
      ['nothing', {}],
      ['the same word', { challengeStatus: 'started' }],
      ['not complete', { isChallengeComplete: false }],
      ['the same flow', { updatedByFlowId: 'f' }],
      ['the same claims', { claimsNameValuePairs: [{ name: 'a', value: 'b' }] }],
    ])('with %s keeps the version', async (_what, body) => {
      const { one, other } = hubs()
      const first = { updatedByFlowId: 'f', claimsNameValuePairs: [{ name: 'a', value: 'b' }] }
      const { waitToken: _token, ...created } = await open(one, first)
      const reply = await patch(other, created.challenge, body)
      expect(reply.status).toBe(200)
      expect(reply.body).toStrictEqual(created)
    })

    it('takes no body for nothing changed', async () => {
      const { one } = hubs()
      const { challenge } = await open(one)
      expect((await patch(one, challenge, undefined as unknown as object)).body.version).toBe(1)
    })

    it('replaces the claims, and moves neither date nor version of the status', async () => {
      const { one } = hubs()
      const { waitToken: _token, ...created } = await open(one, { claimsNameValuePairs: [{ name: 'a', value: 'b' }] })
      const claims = [{ name: 'c', value: 'd' }]
      const { body } = await patch(one, created.challenge, { claimsNameValuePairs: claims })
      expect(body).toStrictEqual({ ...created, version: 2, claimsNameValuePairs: claims })
      const { body: none } = await patch(one, created.challenge, { claimsNameValuePairs: [] })
      expect(none).toStrictEqual({ ...created, version: 3, claimsNameValuePairs: [] })
    })

    it('moves date and version of the status only with the word', async () => {
      const { one, other } = hubs()
      const { challenge } = await open(one)
      const versions = []
      for (const body of [
        { updatedByFlowId: 'f' },
        { challengeStatus: 'scanned' },
        { challengeStatus: 'scanned', updatedByFlowId: 'g' },
        { challengeStatus: 'started' },
        { isChallengeComplete: true },
      ]) {
        const reply = await patch(versions.length % 2 === 0 ? one : other, challenge, body)
        versions.push([reply.body.version, reply.body.statusVersion])
      }
      expect(versions).toEqual([
        [2, 1],
        [3, 3],
        [4, 3],
        [5, 5],
        [6, 5],
      ])
    })

    it('never moves the deadline', async () => {
      const { one } = hubs()
      const { challenge, expiresDate } = await open(one)
      await patch(one, challenge, { challengeStatus: 'scanned' })
      await patch(one, challenge, { challengeStatus: 'paid', isChallengeComplete: true })
      expect((await get(one, challenge)).body.expiresDate).toBe(expiresDate)
    })

    it.each(['approved', 'denied', 'timed_out', 'any word at all'])('takes the word "%s", complete', async (word) => {
      const { one, other } = hubs()
      const { challenge } = await open(one)
      const { status, body } = await patch(one, challenge, { challengeStatus: word, isChallengeComplete: true })
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { challengeStatus: word, isChallengeComplete: true },
      })
      expect(body).not.toHaveProperty('decidedBy')
      expect((await get(other, challenge)).body).toStrictEqual(body)
    })
  })

  describe('a complete challenge', () => {
    it.each([
      ['another word', { challengeStatus: 'denied' }],
      ['what it is already', { challengeStatus: 'approved', isChallengeComplete: true }],
      ['nothing', {}],
      ['not complete', { isChallengeComplete: false }],
      ['claims', { claimsNameValuePairs: [] }],
    ])('is not changed by %s: 409 with the record as it stands', async (_what, body) => {
      const { one, other } = hubs()
      const { challenge } = await open(one, { numberMatching: 6 })
      const { body: ended } = await patch(one, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
      const problem = expectProblem(await patch(other, challenge, body), 'challenge_complete')
      expect(problem.record).toStrictEqual(ended)
      expect(problem.record).not.toHaveProperty('number')
      expect((await get(other, challenge)).body).toStrictEqual(ended)
    })

    it('is told by an update that came too late, which changes nothing but that', async () => {
      const { one, other } = hubs()
      const { challenge, expiresDate } = await open(one, { challengeTimeout: 1 })
      for (;;) {
        const reply = await patch(other, challenge, { claimsNameValuePairs: [] })
        if (reply.status === 200) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          continue
        }
        const { record } = expectProblem(reply, 'challenge_complete')
        expect(record).toMatchObject({
          challengeStatus: 'timed_out',
          isChallengeComplete: true,
          version: 2,
          expiresDate,
        })
        expect((await get(one, challenge)).body).toStrictEqual(record)
        return
      }
    })

    it('has one winner of twenty, and everyone is told of the same', async () => {
      const { one, other } = hubs()
      const { challenge } = await open(one)
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          patch(at % 2 === 0 ? one : other, challenge, { challengeStatus: `by ${at}`, isChallengeComplete: true }),
        ),
      )
      const [winner, ...more] = replies.filter((reply) => reply.status === 200)
      expect(more).toEqual([])
      for (const reply of replies) {
        if (reply !== winner) expect(expectProblem(reply, 'challenge_complete').record).toStrictEqual(winner?.body)
      }
    })
  })
}
