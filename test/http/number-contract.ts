import { describe, expect, it } from 'vitest'
import { expectProblem, expectRefusedFields } from './expect-problem.ts'
import { type CurrentHubs, decide, get, open } from './hubs.ts'

/** People are not shared between tests. */
let people = 0
const someone = () => `guesser ${++people}`

export function describeNumberMatching(hubs: CurrentHubs): void {
  describe('number matching', () => {
    const wrong = (number: string | undefined) =>
      number?.startsWith('1') ? number.replace(/^1/, '2') : number?.replace(/^./, '1')

    it('lets in who types the number, as text', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const { challenge, number } = await open(one, { approver: ada, numberMatching: 6 })
      const reply = await decide(other, challenge, { decision: 'approve', number }, one.approver(ada))
      expect(reply.body).toMatchObject({ challengeStatus: 'approved' })
    })

    it('takes the number as a number, too', async () => {
      const { one } = hubs()
      const ada = someone()
      let created = await open(one, { approver: ada, numberMatching: 2 })
      while (created.number?.startsWith('0')) created = await open(one, { approver: ada, numberMatching: 2 })
      const body = { decision: 'approve', number: Number(created.number) }
      expect((await decide(one, created.challenge, body, one.approver(ada))).status).toBe(200)
    })

    it('is denied after the third wrong number, and never approved again', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const token = one.approver(ada)
      const { challenge, number, waitToken } = await open(one, { approver: ada, numberMatching: 2 })
      const left = []
      for (const hub of [one, other, one]) {
        const reply = await decide(hub, challenge, { decision: 'approve', number: wrong(number) }, token)
        left.push(expectProblem(reply, 'number_mismatch').attemptsRemaining)
        expect(reply.text).not.toContain(`"${number}"`)
      }
      expect(left).toEqual([2, 1, 0])
      const late = await decide(other, challenge, { decision: 'approve', number }, token)
      expect(expectProblem(late, 'challenge_complete').record).toMatchObject({ challengeStatus: 'denied', version: 4 })
      expect((await get(other, challenge)).body).not.toHaveProperty('decidedBy')
      expect((await get(other, challenge, waitToken)).body).toMatchObject({
        challengeStatus: 'denied',
        statusVersion: 4,
      })
    })

    it('gives twenty guessers at once three tries in all', async () => {
      const { one, other } = hubs()
      const ada = someone()
      const { challenge, number } = await open(one, { approver: ada, numberMatching: 2 })
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          decide(
            at % 2 === 0 ? one : other,
            challenge,
            { decision: 'approve', number: wrong(number) },
            one.approver(ada),
          ),
        ),
      )
      const left = replies.flatMap(({ body }) => ('attemptsRemaining' in body ? [body.attemptsRemaining] : []))
      expect(left.sort()).toEqual([0, 1, 2])
      expect(replies.filter((reply) => reply.status === 409)).toHaveLength(17)
    })

    it('asks for the number, and spends no try on its absence', async () => {
      const { one } = hubs()
      const ada = someone()
      const { challenge } = await open(one, { approver: ada, numberMatching: 2 })
      for (let count = 0; count < 4; count++) {
        expectRefusedFields(await decide(one, challenge, { decision: 'approve' }, one.approver(ada)), 'number')
      }
      expect((await get(one, challenge)).body).toMatchObject({ challengeStatus: 'started', version: 1 })
      expect((await decide(one, challenge, { decision: 'deny' }, one.approver(ada))).body.challengeStatus).toBe(
        'denied',
      )
    })
  })
}
