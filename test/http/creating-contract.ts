import { describe, expect, it } from 'vitest'
import type { CreatedChallenge } from '../../server/protocol/challenge.ts'
import { call } from '../support/http-client.ts'
import { type CurrentHubs, get, open } from './hubs.ts'

const ID = /^[\w-]{43}$/

export function describeCreating(hubs: CurrentHubs): void {
  describe('creating a challenge', () => {
    it('needs nothing: everything has its default', async () => {
      const { one } = hubs()
      const before = Date.now()
      const reply = await call<CreatedChallenge>(one, 'POST', '/v1/challenges', { token: one.backend(), body: {} })
      const { challenge, createdDate, waitToken } = reply.body
      expect(reply.status).toBe(201)
      expect(reply.body).toStrictEqual({
        challenge: expect.stringMatching(ID),
        challengeStatus: 'started',
        isChallengeComplete: false,
        createdDate: expect.any(Number),
        statusUpdatedDate: createdDate,
        expiresDate: createdDate + 300_000,
        version: 1,
        statusVersion: 1,
        claimsNameValuePairs: [],
        waitToken: expect.any(String),
      })
      expect(Math.abs(createdDate - before)).toBeLessThan(5_000)
      expect(waitToken.split('.')).toHaveLength(3)
      expect(reply.headers.get('location')).toBe(`/v1/challenges/${challenge}`)
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
    })

    it('needs no body either', async () => {
      const { one } = hubs()
      const reply = await call<CreatedChallenge>(one, 'POST', '/v1/challenges', { token: one.backend() })
      expect(reply.status).toBe(201)
      expect(reply.body).toMatchObject({ challengeStatus: 'started', version: 1 })
    })

    it('keeps every property, and shows it to the backend, everywhere', async () => {
      const { one, other } = hubs()
      const body = {
        challengeStatus: 'scanned',
        challengeTimeout: 60,
        updatedByFlowId: 'MwwUFtrI4AJedpr4ha40wZmEeO',
        claimsNameValuePairs: [
          { name: 'amount', value: '12 €' },
          { name: 'to', value: '' },
        ],
        approver: 'ada@example.com',
        display: {
          title: '承認',
          message: 'Zahlung\nan Łódź 👩‍👩‍👧',
          fields: [{ label: 'Empfänger', value: 'موافقة' }],
        },
      }
      const { waitToken, ...created } = await open(one, body)
      const { updatedByFlowId, challengeTimeout, ...kept } = body
      expect(created).toStrictEqual({
        challenge: expect.stringMatching(ID),
        ...kept,
        isChallengeComplete: false,
        updateByFlowId: updatedByFlowId,
        createdDate: expect.any(Number),
        statusUpdatedDate: created.createdDate,
        expiresDate: created.createdDate + challengeTimeout * 1_000,
        version: 1,
        statusVersion: 1,
      })
      expect(waitToken).toMatch(/^\S+$/)
      expect((await get(other, created.challenge)).body).toStrictEqual(created)
    })

    it('may be complete from the start', async () => {
      const { one, other } = hubs()
      const { challenge, ...created } = await open(one, { challengeStatus: 'approved', isChallengeComplete: true })
      expect(created).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true, version: 1 })
      expect((await get(other, challenge)).body).toMatchObject({ isChallengeComplete: true, version: 1 })
    })

    it('takes numbers as decimal strings', async () => {
      const { one } = hubs()
      const created = await open(one, { challengeTimeout: '60', numberMatching: '2' })
      expect(created.expiresDate - created.createdDate).toBe(60_000)
      expect(created.number).toMatch(/^\d{2}$/)
    })

    it('gives every challenge an id of its own', async () => {
      const { one, other } = hubs()
      const opened = await Promise.all(Array.from({ length: 20 }, (_, at) => open(at % 2 === 0 ? one : other)))
      expect(new Set(opened.map((created) => created.challenge)).size).toBe(20)
    })

    it('takes no id from outside', async () => {
      const { one } = hubs()
      const reply = await call(one, 'POST', '/v1/challenges', { token: one.backend(), body: { challenge: 'mine' } })
      expect(reply.status).toBe(400)
    })
  })

  describe('the wait token', () => {
    it('is for this challenge from its beginning, until nobody can ask any more', async () => {
      const { one } = hubs()
      const { challenge, waitToken, expiresDate } = await open(one, { challengeTimeout: 61 })
      const claims = JSON.parse(Buffer.from(waitToken.split('.')[1] ?? '', 'base64url').toString())
      expect(claims).toStrictEqual({
        iss: 'assent',
        scope: 'challenges:wait',
        challenge,
        since: 1,
        iat: expect.any(Number),
        exp: Math.ceil((expiresDate + 300_000) / 1_000),
      })
    })

    it('opens its challenge on every instance', async () => {
      const { one, other } = hubs()
      const { challenge, waitToken } = await open(one)
      expect((await get(other, challenge, waitToken)).status).toBe(200)
    })
  })

  describe('number matching', () => {
    it.each([2, 6] as const)(
      'of %i digits shows the number in the 201 and to the page, and to nobody else',
      async (digits) => {
        const { one, other } = hubs()
        const { number, challenge, waitToken } = await open(one, { approver: 'nina', numberMatching: digits })
        expect(number).toMatch(new RegExp(`^\\d{${digits}}$`))
        expect((await get(other, challenge, waitToken)).body).toMatchObject({ number })
        expect((await get(other, challenge)).body).not.toHaveProperty('number')
        const list = await call<object[]>(other, 'GET', '/v1/approvals', { token: one.approver('nina') })
        const [approval] = list.body.filter((each) => 'challenge' in each && each.challenge === challenge)
        expect(approval).toMatchObject({ numberMatching: digits })
        expect(approval).not.toHaveProperty('number')
      },
    )

    it('is off unless it is asked for', async () => {
      const { one } = hubs()
      const { challenge, waitToken, ...created } = await open(one, { approver: 'nina' })
      expect(created).not.toHaveProperty('number')
      expect((await get(one, challenge, waitToken)).body).not.toHaveProperty('number')
    })
  })
}
