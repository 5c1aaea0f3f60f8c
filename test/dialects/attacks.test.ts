import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hangUpAll } from '../gateway/sockets.ts'
import { rawRequest } from '../http/raw-request.ts'
import { describeMfa, mfa, newEmail, newUser } from '../mfa/world.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { act, challengeOf, done, FLOWS, look, OURS, opened, waiting, withEmail } from './pingfederate/flows.ts'
import { Connection } from './quovo-world.ts'

/* What strangers tried, and how it ends now. */

describeMfa((world) => {
  beforeEach(() => () => hangUpAll())

  /** Messages that may leave to anybody today, under a policy of its own. */
  const limitedTo = async (total: number) => {
    const quotas = [{ type: 'ENVIRONMENT', deliveryMethods: ['EMAIL'], total }]
    const { body: limit } = await mfa(world.one, 'POST', '/v1/notificationPolicies', { name: newUser(), quotas })
    const notificationPolicy = { id: limit.id }
    const body = { name: newUser(), notificationPolicy }
    return { id: (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', body)).body.id as string }
  }

  it('a page that asks for codes all at once takes no more of the day than what leaves', async () => {
    const policy = await limitedTo(20)
    const { user, email } = await withEmail(world)
    const flow = await opened(world.one, { user: { id: user }, policy })
    await Promise.all(
      Array.from({ length: 30 }, (_, at) => act(at % 2 ? world.one : world.other, flow, 'authenticate')),
    )
    expect(world.provider.sentTo(email)).toHaveLength(1)
    // Nineteen are left of twenty, for whoever comes next.
    const left = Array.from({ length: 20 }, async () => {
      const other = await withEmail(world)
      const next = await opened(world.other, { user: { id: other.user }, policy })
      return (await act(world.other, next, 'authenticate')).status
    })
    expect((await Promise.all(left)).toSorted()).toEqual([...Array(19).fill(200), 429])
  })

  it('pictures that are read wrongly take nothing from the user they are shown for', async () => {
    const { user } = await withEmail(world)
    const before = await mfa(world.one, 'GET', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`)
    const connection = new Connection(world)
    await mfa(world.one, 'PUT', connection.path, { user: { id: user }, mode: 'captcha' })
    for (const _round of [1, 2, 3]) {
      const id = (await connection.post()).body.challenges?.[0]?.id ?? 0
      for (const expected of ['challenges', 'challenges', 'incorrect_credentials']) {
        expect((await connection.answer(id, 'wrong!')).body.status).toBe(expected)
      }
      expect((await connection.answer(id, 'wrong!')).status).toBe(409)
    }
    expect((await mfa(world.one, 'GET', `/v1/users/${encodeURIComponent(user)}/mfaEnabled`)).body).toEqual(before.body)
  })

  it('a picture takes nobody’s place, as it proves nothing of anybody', async () => {
    const { user } = await withEmail(world)
    const only = { name: newUser(), default: true, authentication: { onePerUser: true } }
    const { body: policy } = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', only)
    try {
      const flow = await opened(world.one, { user: { id: user } })
      const connection = new Connection(world)
      await mfa(world.one, 'PUT', connection.path, { user: { id: user }, mode: 'captcha' })
      expect((await connection.post()).body.status).toBe('challenges')
      expect((await look(world.other, flow)).body.status).toBe('AUTHENTICATION_REQUIRED')
    } finally {
      await mfa(world.one, 'PUT', '/v1/deviceAuthenticationPolicies/built-in', { name: 'Default', default: true })
      await mfa(world.one, 'DELETE', `/v1/deviceAuthenticationPolicies/${policy.id}`)
    }
  })

  it('a flow whose code nobody has read is cancelled when its page says so, and that page is told', async () => {
    const { body: driven } = await mfa(world.one, 'POST', '/v1/challenges', {})
    const flow = await opened(world.one, {
      authenticationCode: { application: { id: 'assent' }, lifeTime: { duration: 10, timeUnit: 'SECONDS' } },
      waitingChallenge: driven.challenge,
    })
    const page = waiting(world.other, flow)
    await expect.poll(async () => (await look(world.one, flow)).body.status, { timeout: 12_000 }).toBe('MFA_FAILED')
    expect((await done(world.one, flow, 'cancelAuthentication')).status).toBe('CANCELED')
    expect(await page.ends.until(() => true)).toBe('cancelled')
    expect(await challengeOf(world.one, flow)).toMatchObject({
      challengeStatus: 'cancelled',
      isChallengeComplete: true,
    })
  })

  it('no challenge is said to be approved under an authentication that has just begun on it', async () => {
    const { user } = await withEmail(world)
    for (let round = 0; round < 15; round++) {
      const { body: driven } = await mfa(world.one, 'POST', '/v1/challenges', {})
      const [flow, said] = await Promise.all([
        mfa(world.one, 'POST', FLOWS, { user: { id: user }, waitingChallenge: driven.challenge }),
        mfa(world.other, 'PATCH', `/v1/challenges/${driven.challenge}`, { challengeStatus: 'approved' }),
      ])
      // One of the two was first, and the other is refused.
      expect([flow.status === 201, said.status === 200].filter(Boolean)).toHaveLength(1)
    }
  })

  it('who loses a challenge to somebody else ends nothing, neither theirs nor their own', async () => {
    const only = { name: newUser(), authentication: { onePerUser: true } }
    const policy = { id: (await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', only)).body.id as string }
    const begin = (hub: RunningHub, user: string, more: object = {}) =>
      mfa(hub, 'POST', '/v1/deviceAuthentications', { user: { id: user }, policy, ...more })
    const statusOf = async (id: string) =>
      (await mfa(world.one, 'GET', `/v1/deviceAuthentications/${id}`)).body.status as string
    for (let round = 0; round < 10; round++) {
      const [{ user: ada }, { user: bob }] = await Promise.all([withEmail(world), withEmail(world)])
      const former = { [ada]: (await begin(world.one, ada)).body.id, [bob]: (await begin(world.one, bob)).body.id }
      const { body: driven } = await mfa(world.one, 'POST', '/v1/challenges', {})
      const more = { waitingChallenge: driven.challenge }
      const [adas, bobs] = await Promise.all([begin(world.one, ada, more), begin(world.other, bob, more)])
      expect([adas.status, bobs.status].toSorted()).toEqual([201, 400])
      const loser = adas.status === 201 ? bob : ada
      expect(await statusOf(former[loser])).toBe('OTP_REQUIRED')
      await begin(world.other, loser)
      expect(await statusOf(driven.challenge)).toBe('OTP_REQUIRED')
    }
  })

  it('a question is told with the challenge that asks it, or with none', async () => {
    const connection = new Connection(world)
    await connection.bind()
    const email = newEmail()
    await mfa(world.one, 'POST', `/v1/users/${encodeURIComponent(connection.user)}/devices`, {
      type: 'EMAIL',
      email,
      status: 'ACTIVE',
    })
    const told = new Map<number, string>()
    for (let round = 0; round < 10; round++) {
      const hubs = [world.one, world.other, world.one, world.other]
      const replies = await Promise.all(hubs.map((hub) => connection.post(undefined, hub)))
      for (const { body } of replies) {
        const id = body.challenges?.[0]?.id
        if (id === undefined || body.challenge === undefined) continue
        expect(told.get(id) ?? body.challenge).toBe(body.challenge)
        told.set(id, body.challenge)
        await mfa(world.one, 'POST', `/v1/deviceAuthentications/${body.challenge}?action=cancel`, {})
      }
    }
    expect(told.size).toBeGreaterThanOrEqual(10)
  })
})

describe('without a token', () => {
  let hub: RunningHub
  beforeAll(async () => {
    hub = await startHub({ LIMIT_ACTIONS_PER_PAGE: '3', LIMIT_CLAIMS_PER_ADDRESS: '2' })
  })
  afterAll(() => hub.stop())

  it('a page can do only so much a second to its flow', async () => {
    const user = newUser()
    await mfa(hub, 'POST', `/v1/users/${encodeURIComponent(user)}/devices`, {
      type: 'EMAIL',
      email: newEmail(),
      status: 'ACTIVE',
    })
    const flow = await opened(hub, { user: { id: user } })
    const replies = await Promise.all(Array.from({ length: 12 }, () => act(hub, flow, 'authenticate')))
    expect(replies.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(6)
  })

  it.each(['/PF-WS/nothing', 'http://elsewhere/pf-ws/nothing', '/pf-ws?x', '/V3/nothing', '/Auth/nothing'])(
    'what is at %s is refused in words of its own',
    async (path) => {
      const reply = await rawRequest(hub, 'GET', path, { headers: OURS })
      expect(reply.status).toBe(404)
      expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
      expect(reply.text).not.toContain('urn:assent')
    },
  )
})
