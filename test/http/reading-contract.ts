import { describe, expect, it } from 'vitest'
import { call } from '../support/http-client.ts'
import { type CurrentHubs, decide, get, open, patch } from './hubs.ts'

export function describeReading(hubs: CurrentHubs): void {
  describe('reading a challenge', () => {
    const asked = {
      approver: 'rita',
      display: { title: 't' },
      numberMatching: 2,
      updatedByFlowId: 'f',
      claimsNameValuePairs: [{ name: 'a', value: 'b' }],
    }

    it('shows a backend all but the number', async () => {
      const { one, other } = hubs()
      const { waitToken: _token, number: _number, ...created } = await open(one, asked)
      for (const scope of ['challenges:read', 'challenges:write']) {
        const reply = await get(other, created.challenge, one.token({ scope, sub: 's' }))
        expect(reply.status).toBe(200)
        expect(reply.body).toStrictEqual(created)
      }
    })

    it('shows the page the number, and neither claims nor people nor the display', async () => {
      const { one, other } = hubs()
      const created = await open(one, asked)
      const { body } = await get(other, created.challenge, created.waitToken)
      expect(body).toStrictEqual({
        challenge: created.challenge,
        challengeStatus: 'started',
        isChallengeComplete: false,
        updateByFlowId: 'f',
        createdDate: created.createdDate,
        statusUpdatedDate: created.createdDate,
        expiresDate: created.expiresDate,
        version: 1,
        statusVersion: 1,
        number: created.number,
        serverDate: expect.any(Number),
      })
    })

    it('shows a backend, and not the page, who decided and why', async () => {
      const { one, other } = hubs()
      const { challenge, waitToken } = await open(one, { approver: 'rita' })
      await decide(one, challenge, { decision: 'deny', reason: 'not me' }, one.approver('rita'))
      expect((await get(other, challenge)).body).toMatchObject({
        challengeStatus: 'denied',
        decidedBy: 'rita',
        reason: 'not me',
      })
      const page = (await get(other, challenge, waitToken)).text
      for (const secret of ['rita', 'not me', 'decidedBy', 'reason']) expect(page).not.toContain(secret)
    })

    it('has timed out when its time is up, although nobody watched, for everyone at once', async () => {
      const { one, other } = hubs()
      const { challenge, expiresDate } = await open(one, { challengeTimeout: 1 })
      expect((await get(one, challenge)).body.challengeStatus).toBe('started')
      // Not slept for but looked for; nobody watches meanwhile.
      const ended = await untilStatus(hubs, challenge, 'timed_out')
      expect(ended).toMatchObject({ isChallengeComplete: true, version: 2, statusVersion: 2, expiresDate })
      expect(ended.statusUpdatedDate).toBeGreaterThanOrEqual(expiresDate)
      expect((await get(other, challenge)).body).toStrictEqual(ended)
    })

    it.each([
      ['an unknown id', 'x'.repeat(43)],
      ['one letter', 'x'],
      ['a hundred letters', 'x'.repeat(100)],
      ['a name every object has', '__proto__'],
    ])('does not find %s', async (_what, id) => {
      const { one } = hubs()
      const reply = await get(one, id)
      expect(reply.status).toBe(404)
      expect(reply.body).toMatchObject({ code: 'challenge_not_found' })
    })
  })

  describe('the ETag', () => {
    const read = (challenge: string, ifNoneMatch?: string) => {
      const headers = ifNoneMatch === undefined ? {} : { 'If-None-Match': ifNoneMatch }
      return call(hubs().other, 'GET', `/v1/challenges/${challenge}`, { token: hubs().other.backend(), headers })
    }

    it('is the version', async () => {
      const { one } = hubs()
      const { challenge } = await open(one)
      expect((await read(challenge)).headers.get('etag')).toBe('"1"')
      const patched = await patch(one, challenge, { challengeStatus: 'scanned' })
      expect(patched.headers.get('etag')).toBe('"2"')
      expect((await read(challenge)).headers.get('etag')).toBe('"2"')
    })

    it.each(['"1"', 'W/"1"', '"0", "1"', '"9","1"', '*'])(
      'that matches %s is answered 304, without a body',
      async (tag) => {
        const { challenge } = await open(hubs().one)
        const reply = await read(challenge, tag)
        expect({ status: reply.status, text: reply.text }).toEqual({ status: 304, text: '' })
        expect(reply.headers.get('etag')).toBe('"1"')
        expect(reply.headers.get('cache-control')).toBe('no-store')
      },
    )

    it.each(['"2"', '1', '"11"', '"', ''])('that does not match %s is answered 200', async (tag) => {
      const { challenge } = await open(hubs().one)
      expect((await read(challenge, tag)).status).toBe(200)
    })

    it('is no key: a stranger with the right one gets nothing', async () => {
      const { one } = hubs()
      const { challenge } = await open(one)
      const { waitToken } = await open(one)
      const options = { token: waitToken, headers: { 'If-None-Match': '"1"' } }
      expect((await call(one, 'GET', `/v1/challenges/${challenge}`, options)).status).toBe(404)
    })
  })
}

/** Reads until the status is there; gives up when the test does. */
export async function untilStatus(hubs: CurrentHubs, challenge: string, status: string) {
  for (;;) {
    const { body } = await get(hubs().one, challenge)
    if (body.challengeStatus === status) return body
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
