import { randomUUID } from 'node:crypto'
import { TOTP } from 'otpauth'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AuthenticationView } from '../../server/protocol/mfa.ts'
import { connected, dial, hangUpAll, type Status } from '../gateway/sockets.ts'
import { expectProblem } from '../http/expect-problem.ts'
import { eventually } from '../support/eventually.ts'
import type { CallOptions } from '../support/http-client.ts'
import { Recorder } from '../support/recorder.ts'
import { act, addDevice, describeMfa, expectRefusal, mfa, newEmail, newUser, pairPhone } from './world.ts'

/* `authentication.onePerUser`: a new authentication takes the place of the one that the user has under way. */

const AUTHENTICATIONS = '/v1/deviceAuthentications'

describeMfa((world) => {
  afterEach(hangUpAll)

  let policy: { id: string }
  beforeAll(async () => {
    const body = { name: newUser(), authentication: { onePerUser: true } }
    const made = await mfa(world.one, 'POST', '/v1/deviceAuthenticationPolicies', body)
    expect(made.body.authentication).toEqual({ onePerUser: true })
    policy = { id: made.body.id }
  })

  const begin = (user: string, more: object = {}, hub = world.one, options: CallOptions = {}) =>
    mfa<AuthenticationView>(hub, 'POST', AUTHENTICATIONS, { user: { id: user }, policy, ...more }, options)
  const begun = async (user: string, more?: object) => {
    const { status, text, body } = await begin(user, more)
    expect({ status, text }).toMatchObject({ status: 201 })
    return body
  }
  const read = async ({ id }: { id: string }, hub = world.other) =>
    (await mfa<AuthenticationView>(hub, 'GET', `${AUTHENTICATIONS}/${id}`)).body
  /** As it stands, whether or not anybody has looked at its authentication. */
  const statusOf = async ({ id }: { id: string }) =>
    (await mfa(world.other, 'GET', `/v1/challenges/${id}`)).body.challengeStatus as string
  const withEmail = async (user = newUser()) => {
    const email = newEmail()
    await addDevice(world.one, user, { type: 'EMAIL', email, status: 'ACTIVE' })
    return { user, email }
  }

  it('cancels the one before, whoever waits on it is told, and its code is worth nothing', async () => {
    const { user, email } = await withEmail()
    const first = await begun(user)
    const code = world.provider.codeFor(email)
    const ends = new Recorder<Status>()
    const socket = dial(world.other.url, '/waiting', { token: first._embedded.challenge.waitToken })
    socket.on('status', (status: Status) => status.isChallengeComplete && ends.listen(status))
    await connected(socket)

    const second = await begun(user)
    expect(await ends.until(() => true)).toMatchObject({
      challengeStatus: 'cancelled',
      authentication: { status: 'CANCELLED' },
    })
    expect(await read(first)).toMatchObject({ status: 'CANCELLED', cancelReason: 'REPLACED' })
    const late = await act(world.other, `${AUTHENTICATIONS}/${first.id}`, 'otp.check', { otp: code })
    expectRefusal(late, 'CONFLICT', ['AUTHENTICATION_COMPLETE'])
    expect(await read(second)).toMatchObject({ status: 'OTP_REQUIRED' })
  })

  it('withdraws the phone’s question, and takes no answer to it', async () => {
    const { user, phone } = await pairPhone(world.one)
    const first = await begun(user)
    const [shown] = await phone.approvals(world.other)
    if (!shown) throw new Error('nothing is asked')
    const withdrawn = new Recorder<string>()
    const app = dial(world.other.url, '/approving', { token: phone.token })
    app.on('withdrawn', ({ challenge }: { challenge: string }) => withdrawn.listen(challenge))
    await connected(app)

    const second = await begun(user)
    expect(await withdrawn.until(() => true)).toBe(first.id)
    const number = first._embedded.challenge.number ?? ''
    expectProblem(await phone.decide(world.other, 'approve', shown, { number }), 'challenge_complete')
    await eventually(async () => {
      expect((await phone.approvals(world.other)).map(({ challenge }) => challenge)).toEqual([second.id])
    })
    expect(await read(first)).toMatchObject({ status: 'CANCELLED' })
  })

  it('is a switch: without it, and for others, each stands for itself', async () => {
    const [{ user }, other] = await Promise.all([withEmail(), withEmail()])
    const plain = await begun(user, { policy: { id: 'built-in' } })
    const only = await begun(user)
    const anothers = await begun(other.user)
    const alsoPlain = await begun(user, { policy: { id: 'built-in' } })
    for (const each of [plain, only, anothers, alsoPlain]) expect((await read(each)).status).toBe('OTP_REQUIRED')
  })

  it('who names nobody is nobody’s only one', async () => {
    const nameless = { user: undefined, usernameLess: true }
    const [one, other] = [await begun('', nameless), await begun('', nameless)]
    for (const each of [one, other]) expect((await read(each)).status).toBe('ASSERTION_REQUIRED')
  })

  it('what can not begin ends nothing', async () => {
    const { user } = await withEmail()
    const first = await begun(user)
    expectRefusal(await begin(user, { include: ['SMS'] }), 'REQUEST_FAILED', ['NO_USABLE_DEVICES'])
    expectRefusal(await begin(user, { selectedDevice: { id: randomUUID() } }), 'INVALID_DATA', [
      'INVALID_VALUE',
      'selectedDevice.id',
    ])
    expect(await read(first)).toMatchObject({ status: 'OTP_REQUIRED', updatedAt: first.updatedAt })
  })

  it('nor does a phone that is asked too often', async () => {
    const { user, phone } = await pairPhone(world.one)
    let last: AuthenticationView | undefined
    let refused = await begin(user)
    for (let asked = 0; refused.status === 201 && asked < 50; asked++) {
      last = refused.body
      refused = await begin(user)
    }
    expectRefusal(refused, 'REQUEST_LIMITED', ['LIMIT_EXCEEDED'])
    expect(last && (await read(last))).toMatchObject({ status: 'PUSH_CONFIRMATION_REQUIRED' })
    expect(await phone.approvals(world.other)).toMatchObject([{ challenge: last?.id }])
  })

  it('a repeat finds the one it began, and ends no newer one', async () => {
    const { user } = await withEmail()
    const options = { headers: { 'Idempotency-Key': randomUUID() } }
    const first = (await begin(user, {}, world.one, options)).body
    const newer = await begun(user)
    const again = await begin(user, {}, world.other, options)
    expect(again).toMatchObject({ status: 201, body: { id: first.id, status: 'CANCELLED' } })
    expect((await read(newer)).status).toBe('OTP_REQUIRED')
  })

  it('one that begins on a challenge that is there is the only one, too', async () => {
    const { user } = await withEmail()
    const opened = await mfa(world.one, 'POST', '/v1/challenges', {})
    const first = await begun(user, { waitingChallenge: opened.body.challenge })
    await begun(user)
    expect(await read(first)).toMatchObject({ status: 'CANCELLED' })
    const next = await mfa(world.one, 'POST', '/v1/challenges', {})
    const driven = await begun(user, { waitingChallenge: next.body.challenge })
    expect(await read(driven)).toMatchObject({ id: next.body.challenge, status: 'OTP_REQUIRED' })
  })

  it('a code in hand ends the one that is under way', async () => {
    const { user } = await withEmail()
    const first = await begun(user)
    const { body: app } = await mfa(world.one, 'POST', `/v1/users/${encodeURIComponent(user)}/devices`, {
      type: 'TOTP',
    })
    const codeAt = (timestamp: number) => new TOTP({ secret: app.secret }).generate({ timestamp })
    const path = `/v1/users/${encodeURIComponent(user)}/devices/${app.id}`
    expect((await act(world.one, path, 'device.activate', { otp: codeAt(Date.now() - 30_000) })).status).toBe(200)
    expect((await begun(user, { otp: codeAt(Date.now()) })).status).toBe('COMPLETED')
    expect(await read(first)).toMatchObject({ status: 'CANCELLED' })
  })

  describe('however many begin at the same moment', () => {
    it('one is left', { timeout: 60_000 }, async () => {
      for (let round = 0; round < 12; round++) {
        const { user } = await withEmail()
        const hubs = [world.one, world.other, world.one, world.other, world.one]
        const replies = await Promise.all(hubs.map((hub) => begin(user, { testMode: true }, hub)))
        expect(replies.map(({ status }) => status)).toEqual(hubs.map(() => 201))
        const seen = await Promise.all(replies.map(({ body }) => statusOf(body)))
        expect(seen.toSorted()).toEqual([...hubs.slice(1).map(() => 'cancelled'), 'started'])
        // And that one can be proven.
        const left = replies[seen.indexOf('started')]
        const otp = (left?.body as { test?: { otp: string } } | undefined)?.test?.otp
        const proven = await act(world.other, `${AUTHENTICATIONS}/${left?.body.id}`, 'otp.check', { otp })
        expect(proven.body).toMatchObject({ status: 'COMPLETED' })
      }
    })

    it('and a repeat among them changes nothing of that', { timeout: 60_000 }, async () => {
      for (let round = 0; round < 12; round++) {
        const { user } = await withEmail()
        const options = { headers: { 'Idempotency-Key': randomUUID() } }
        const replies = await Promise.all([
          begin(user, {}, world.one, options),
          begin(user, {}, world.other, options),
          begin(user, {}, world.one),
          begin(user, {}, world.other),
        ])
        const ids = new Set(replies.filter(({ status }) => status === 201).map(({ body }) => body.id))
        const seen = await Promise.all([...ids].map((id) => statusOf({ id })))
        expect(seen.filter((status) => status === 'started')).toHaveLength(1)
      }
    })
  })
})
