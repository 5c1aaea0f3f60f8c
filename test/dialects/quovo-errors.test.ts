import { afterEach, describe, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { describeMfa, devicesOf, mfa, newUser } from '../mfa/world.ts'
import { call } from '../support/http-client.ts'
import { startHub } from '../support/hub.ts'
import { Provider } from '../support/provider.ts'
import { startRedis } from '../support/redis-server.ts'
import { Connection, connected, expectRefused, questionOf, type Sync } from './quovo-world.ts'

/* Every refusal, in the shape this API has for them; and what is refused has no effect. */

const NUMBER_NEEDED = 'answers[0].challenge_id'

describeMfa((world) => {
  afterEach(hangUpAll)

  const begun = async () => {
    const all = await connected(world)
    return { ...all, ...(await all.connection.begin()) }
  }

  describe('a body', () => {
    const wellFormed = { challenge_id: 1, answer: 1 }
    it.each<[string, unknown, readonly string[]]>([
      ['that is no object', [], ['body']],
      ['that is null', null, ['body']],
      ['with what is unknown', { answer: 1 }, ['answer']],
      ['whose answers are no list', { answers: {} }, ['answers']],
      ['without any answer', { answers: [] }, ['answers']],
      ['with too many', { answers: Array.from({ length: 21 }, () => wellFormed) }, ['answers']],
      ['whose answer is none', { answers: [1] }, ['answers[0]']],
      ['with nothing in an answer', { answers: [{}] }, ['answers[0].challenge_id', 'answers[0].answer']],
      ['with a number as text', { answers: [{ challenge_id: '1', answer: 1 }] }, ['answers[0].challenge_id']],
      ['with half a number', { answers: [{ challenge_id: 1.5, answer: 1 }] }, ['answers[0].challenge_id']],
      ['with a number too large', { answers: [{ challenge_id: 2 ** 53, answer: 1 }] }, ['answers[0].challenge_id']],
      ['with a negative answer', { answers: [{ challenge_id: 1, answer: -1 }] }, ['answers[0].answer']],
      ['with an empty answer', { answers: [{ challenge_id: 1, answer: '' }] }, ['answers[0].answer']],
      ['with an endless one', { answers: [{ challenge_id: 1, answer: 'x'.repeat(65) }] }, ['answers[0].answer']],
      [
        'with several faults',
        { answers: [wellFormed, { challenge_id: 1, answer: true, x: 1 }] },
        ['answers[1].answer', 'answers[1].x'],
      ],
    ])('%s is refused, with every wrong field named', async (_what, body, fields) => {
      const { connection, challenge, sync } = await begun()
      expectRefused(await connection.post(body), 400, ...fields)
      expect((await connection.get()).challenges).toEqual(sync.challenges)
      expect(await connection.version(challenge)).toBe(1)
    })

    it.each<[string, object, readonly string[]]>([
      ['nobody', {}, ['user']],
      ['a user without an id', { user: {} }, ['user.id']],
      ['an unknown mode', { user: { id: 'a' }, mode: 'pigeon' }, ['mode']],
      ['a time too long', { user: { id: 'a' }, challengeTimeout: 86_401 }, ['challengeTimeout']],
      ['what is unknown', { user: { id: 'a', name: 'Ada' }, colour: 'red' }, ['user.name', 'colour']],
    ])('that binds to %s is refused', async (_what, body, fields) => {
      const { path } = new Connection(world)
      expectRefused(await mfa(world.one, 'PUT', path, body), 400, ...fields)
      expectRefused(await mfa(world.one, 'GET', `${path}/sync`), 404)
    })

    it('that is no JSON, too long, or of another type is refused', async () => {
      const { connection } = await begun()
      const raw = (text: string, type: string) =>
        connection.post(undefined, world.one, { raw: text, headers: { 'Content-Type': type } })
      expectRefused(await raw('{', 'application/json'), 400)
      expectRefused(await raw('answers=1', 'application/x-www-form-urlencoded'), 415)
      expectRefused(await raw(`"${'x'.repeat(70_000)}"`, 'application/json'), 413)
    })
  })

  describe('a connection', () => {
    it.each(['0', '-1', '1.5', '007', '1e3', '9007199254740992', 'x', '%20'])(
      '%j is none that could be',
      async (number) => {
        const path = `/v3/connections/${number}`
        expectRefused(await mfa(world.one, 'PUT', path, { user: { id: newUser() } }), 400, 'connection_id')
        expectRefused(await mfa(world.one, 'GET', `${path}/sync`), 404)
        expectRefused(await mfa(world.one, 'POST', `${path}/sync`, {}), 404)
      },
    )

    it('that is unknown is 404, as where a challenge’s number stands in its place, as in the seed', async () => {
      const { connection, question, challenge } = await begun()
      const body = { answers: [{ challenge_id: question.id, answer: 1 }] }
      for (const sent of [undefined, {}, body]) {
        expectRefused(await mfa(world.one, 'POST', `/v3/connections/${question.id}/sync`, sent), 404)
      }
      expectRefused(await mfa(world.one, 'GET', `/v3/connections/${question.id}/sync`), 404)
      expect(await connection.version(challenge)).toBe(1)
    })
  })

  describe('an answer', () => {
    it('to what was never asked is 404, and to another connection’s question, too', async () => {
      const one = await begun()
      const other = await begun()
      const version = await one.connection.version(one.challenge)
      for (const number of [1, one.question.id + 1, Number.MAX_SAFE_INTEGER]) {
        expectRefused(await one.connection.answer(number, 1), 404, NUMBER_NEEDED)
      }
      if (other.question.id !== one.question.id) {
        const reply = await one.connection.answer(other.question.id, 1)
        expectRefused(reply, reply.status === 409 ? 409 : 404, NUMBER_NEEDED)
      }
      expect(await one.connection.version(one.challenge)).toBe(version)
      expect(await other.connection.version(other.challenge)).toBe(1)
    })

    it.each([5, 99, '5', '01', 'Text', '1 ', 2 ** 40])('%j is no key, and nothing happens', async (key) => {
      const { connection, question, challenge, first } = await begun()
      expectRefused(await connection.answer(question.id, key), 400, 'answers[0].answer')
      expect(await connection.version(challenge)).toBe(1)
      expect(world.provider.sentTo(first)).toEqual([])
    })

    it('whose device can not be used any more is 409, nothing happens, and the other keys mean what they meant', async () => {
      const { connection, question, challenge, devices, first, second } = await begun()
      await mfa(world.one, 'DELETE', `${devicesOf(connection.user)}/${devices[1]?.id}`)
      expectRefused(await connection.answer(question.id, 1), 409, 'answers[0].answer')
      expect(await connection.version(challenge)).toBe(1)
      const left = questionOf(await connection.get())
      expect(left.choices).toEqual(question.choices?.filter(({ key }) => key !== 1))
      await connection.answer(question.id, 3)
      expect([world.provider.sentTo(first), world.provider.sentTo(second)]).toMatchObject([[], [{ method: 'SMS' }]])
    })

    it('that was given is 409 when it is given again, and no second message leaves', async () => {
      const { connection, question, challenge, first } = await begun()
      const { body } = await connection.answer(question.id, 1)
      const version = await connection.version(challenge)
      for (const key of [1, 3]) expectRefused(await connection.answer(question.id, key), 409, NUMBER_NEEDED)
      expect(world.provider.sentTo(first)).toHaveLength(1)
      expect(await connection.version(challenge)).toBe(version)
      const pin = questionOf(body)
      await connection.answer(pin.id, world.provider.codeFor(first))
      const again = await connection.answer(pin.id, world.provider.codeFor(first))
      expectRefused(again, 409, NUMBER_NEEDED)
      expect((await connection.get()).status).toBe('good')
    })
  })

  describe('several answers', () => {
    it('are taken all or none: one question is open at a time', async () => {
      const { connection, question, challenge, first } = await begun()
      const right = { challenge_id: question.id, answer: 1 }
      const unknown = { challenge_id: question.id + 1, answer: '123456' }
      const post = (...answers: object[]) => connection.post({ answers })
      expectRefused(await post(right, right), 409, 'answers[1].challenge_id')
      expectRefused(await post(right, unknown), 404, 'answers[1].challenge_id')
      expectRefused(await post(unknown, right), 404, 'answers[0].challenge_id')
      expect(world.provider.sentTo(first)).toEqual([])
      expect(await connection.version(challenge)).toBe(1)
      const pin = questionOf((await post(right)).body)
      const version = await connection.version(challenge)
      const told = { challenge_id: pin.id, answer: world.provider.codeFor(first) }
      expectRefused(await post(right, told), 409, 'answers[0].challenge_id')
      expectRefused(await post(told, right), 409, 'answers[1].challenge_id')
      expect(await connection.version(challenge)).toBe(version)
      expect((await post(told)).body.status).toBe('good')
    })
  })

  describe('whoever asks', () => {
    it('needs a token, and one that may', async () => {
      const { connection, question, challenge } = await begun()
      const body = { answers: [{ challenge_id: question.id, answer: 1 }] }
      const sync = `${connection.path}/sync`
      const asked = [
        ['PUT', connection.path, { user: { id: connection.user } }],
        ['POST', sync, body],
        ['GET', sync],
      ] as const
      for (const [method, path, sent] of asked) {
        const as = (token?: string) => call(world.one, method, path, { token, ...(sent && { body: sent }) })
        expectRefused(await as(), 401)
        expectRefused(await as('none'), 401)
        expectRefused(await as(world.one.backend()), 403)
        if (method !== 'GET') expectRefused(await as(world.one.token({ scope: 'mfa:read', sub: 'a reader' })), 403)
      }
      expect(await connection.version(challenge)).toBe(1)
    })

    it('is told in these words whatever is at fault below /v3', async () => {
      const { connection } = await begun()
      expectRefused(await mfa(world.one, 'GET', '/v3'), 404)
      expectRefused(await mfa(world.one, 'GET', '/v3/nowhere'), 404)
      const reply = await mfa(world.one, 'PATCH', `${connection.path}/sync`, {})
      expectRefused(reply, 405)
      expect(reply.headers.get('allow')).toBe('GET, POST')
      expect((await mfa(world.one, 'GET', '/v1/nowhere')).headers.get('content-type')).toBe('application/problem+json')
    })
  })
})

it('says so while the store is away', async () => {
  const redis = await startRedis()
  const hub = await startHub({ REDIS_URL: redis.url })
  await mfa(hub, 'PUT', '/v3/connections/7', { user: { id: 'ada' } })
  await redis.stop()
  const asked = [mfa(hub, 'GET', '/v3/connections/7/sync'), mfa(hub, 'POST', '/v3/connections/7/sync', {})]
  for (const reply of await Promise.all(asked)) expectRefused(reply, 503)
  await hub.stop()
})

describe('limits', () => {
  it('count each sync that begins as a creation of the backend’s', async () => {
    const hub = await startHub({ LIMIT_CREATIONS_PER_BACKEND: '2' })
    const begin = () => mfa<Sync>(hub, 'POST', '/v3/connections/7/sync')
    await mfa(hub, 'PUT', '/v3/connections/7', { user: { id: 'ada' } })
    const replies = await Promise.all([begin(), begin(), begin()])
    await hub.stop()
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 200, 429])
    for (const reply of replies) if (reply.status === 429) expectRefused(reply, 429)
  })

  it('refuse a code too many a day in these words, and the question stands', async () => {
    const provider = await Provider.start()
    const hub = await startHub(provider.environment)
    const quotas = [{ type: 'USER', deliveryMethods: ['EMAIL'], total: 1 }]
    await mfa(hub, 'POST', '/v1/notificationPolicies', { name: 'Few', default: true, quotas })
    await mfa(hub, 'POST', devicesOf('ada'), { type: 'EMAIL', email: 'ada@example.com', status: 'ACTIVE' })
    await mfa(hub, 'PUT', '/v3/connections/7', { user: { id: 'ada' } })
    const next = async () => questionOf((await mfa<Sync>(hub, 'POST', '/v3/connections/7/sync')).body)
    const answer = (challenge_id: number) =>
      mfa<Sync>(hub, 'POST', '/v3/connections/7/sync', { answers: [{ challenge_id, answer: 0 }] })
    const { body } = await answer((await next()).id)
    const pin = questionOf(body)
    for (let tries = 0; tries < 3; tries++) {
      await mfa(hub, 'POST', '/v3/connections/7/sync', { answers: [{ challenge_id: pin.id, answer: 'x' }] })
    }
    const again = await next()
    const refused = await answer(again.id)
    expectRefused(refused, 429, 'answers[0].answer')
    expect(await next()).toEqual(again)
    expect(provider.sentTo('ada@example.com')).toHaveLength(1)
    await hub.stop()
    await provider.stop()
  })
})
