import { afterEach, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { describeMfa } from '../mfa/world.ts'
import { connected, expectRefused, questionOf } from './quovo-world.ts'

/* What two say at the same moment, at two instances, is settled once. */

const ROUNDS = 15
const rounds = Array.from({ length: ROUNDS }, (_, at) => at)

describeMfa((world) => {
  afterEach(hangUpAll)
  const hubs = () => [world.one, world.other, world.one, world.other]

  it('begins one authentication, whoever begins it', async () => {
    for (const _ of rounds) {
      const { connection } = await connected(world)
      const replies = await Promise.all(hubs().map((hub) => connection.post(undefined, hub)))
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      expect(new Set(replies.map(({ body }) => body.challenge)).size).toBe(1)
      expect(new Set(replies.map(({ body }) => questionOf(body).id)).size).toBe(1)
    }
  })

  it('sends one PIN, whoever chooses what', async () => {
    for (const _ of rounds) {
      const { connection, first, second } = await connected(world)
      const { question } = await connection.begin()
      const replies = await Promise.all(hubs().map((hub, at) => connection.answer(question.id, at < 2 ? 1 : 3, hub)))
      expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409])
      for (const reply of replies) if (reply.status === 409) expectRefused(reply, 409, 'answers[0].challenge_id')
      const sent = [...world.provider.sentTo(first), ...world.provider.sentTo(second)]
      expect(sent).toHaveLength(1)
      const pin = questionOf(await connection.get())
      expect(pin.id).toBe(question.id + 1)
      const done = await connection.answer(pin.id, world.provider.codeFor(sent[0]?.to ?? ''))
      expect(done.body.status).toBe('good')
    }
  })

  it('takes the right PIN once', async () => {
    for (const _ of rounds) {
      const { connection, first } = await connected(world)
      const { question, page } = await connection.begin()
      const pin = questionOf((await connection.answer(question.id, 1)).body)
      const code = world.provider.codeFor(first)
      const replies = await Promise.all(hubs().map((hub) => connection.answer(pin.id, code, hub)))
      const taken = replies.filter(({ status }) => status === 200)
      expect(taken.map(({ body }) => body.status)).toEqual(['good'])
      for (const reply of replies) if (reply.status !== 200) expectRefused(reply, 409, 'answers[0].challenge_id')
      expect(await page.end()).toBe('approved')
    }
  })

  it('ends a sync that is bound away under an answer, one way or the other', async () => {
    for (const _ of rounds) {
      const { connection, first } = await connected(world)
      const { question, page } = await connection.begin()
      const pin = questionOf((await connection.answer(question.id, 1)).body)
      const [answered] = await Promise.all([
        connection.answer(pin.id, world.provider.codeFor(first), world.other),
        connection.bind({ user: { id: 'somebody else' } }),
      ])
      expect(await page.end()).toBe(answered.status === 200 ? 'approved' : 'cancelled')
      if (answered.status !== 200) expectRefused(answered, 409, 'answers[0].challenge_id')
      expect((await connection.get()).status).toBe('user_config')
    }
  })
})
