import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStepUp, type StepUp } from '../../client-sdk/index.ts'
import { type Answer, RecordingHub } from './recording-hub.ts'
import { Service, TRANSFER } from './step-up-service.ts'

/* What a hub is asked for step-up, and what becomes of its refusals: before one that writes down, and says what it is told to. */

const ID = 'c'.repeat(43)
const challenge = {
  _id: ID,
  state: 'pending',
  createdAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T00:05:00.000Z',
  userId: 'ada',
  operation: 'send',
  _embedded: { authenticators: [] },
}
const refused = (status: number, type: string, more: object = {}, headers = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: { _error: { _id: 'e1', statusCode: status, type, message: 'No.', occurredAt: 'now', ...more } },
})

let hub: RecordingHub
let service: Service
let stepUp: StepUp
beforeEach(async () => {
  hub = await RecordingHub.start()
  hub.answer = { body: challenge }
  const token = () => 'a backend token'
  const demanded = { operation: () => 'send', include: ['push', 'otp'], exclude: ['sms'], ttl: 60 }
  service = await Service.start({ url: hub.url, token }, {}, demanded)
  stepUp = createStepUp({ url: `${hub.url}/`, apiKey: 'the key' })
})
afterEach(() => Promise.all([service.stop(), hub.stop()]))

const asked = () => hub.calls.heard.map(({ method, url }) => `${method} ${url}`)
const keys = () => hub.calls.heard.map(({ headers }) => headers['idempotency-key'])
const REDEEM = `POST /auth/challenges/${ID}/redeem`
const READ = `GET /auth/challenges/${ID}`
const CREATE = 'POST /auth/challenges?include=push%2Cotp&exclude=sms'

describe('asks', () => {
  it('for a challenge for this user and this operation', async () => {
    await service.send('ada')
    const [created] = hub.calls.heard
    expect(asked()).toEqual([CREATE])
    expect(created?.headers).toMatchObject({
      authorization: 'Bearer a backend token',
      'idempotency-key': expect.any(String),
    })
    expect(created?.body).toEqual({
      userId: 'ada',
      operation: 'send',
      ttl: 60,
      display: {
        title: 'Send money?',
        fields: [
          { label: 'To', value: 'Mara' },
          { label: 'Amount', value: '120.00' },
        ],
      },
    })
  })

  it('to redeem the one that is named, and nothing else once it is', async () => {
    hub.answer = { body: { ...challenge, state: 'redeemed' } }
    expect((await service.send('ada', ID)).status).toBe(204)
    expect(asked()).toEqual([REDEEM])
    expect(hub.calls.heard[0]?.body).toEqual({ userId: 'ada', operation: 'send' })
  })

  it('again under the same key when nobody answered; each request under its own', async () => {
    hub.answer = { body: { ...challenge, state: 'redeemed' } }
    hub.answers.push('cut', refused(503, 'serviceUnavailable'))
    await service.send('ada', ID)
    await service.send('ada', ID)
    expect(asked()).toEqual([REDEEM, REDEEM, REDEEM, REDEEM])
    const [first, second, third, other] = keys()
    expect([second, third]).toEqual([first, first])
    expect(other).not.toBe(first)
    hub.answers.push('cut')
    hub.answer = { body: challenge }
    await service.send('ada')
    expect(keys().at(-1)).toBe(keys().at(-2))
  })

  it('how a challenge stands before it does anything with it, and that once', async () => {
    const input = { user: 'ada', challenge: ID, authenticator: 'd1' }
    const acts = [
      [() => stepUp.start(input), 'start', undefined],
      [() => stepUp.verify({ ...input, code: '123456' }), 'verify', { code: '123456' }],
      [
        () => stepUp.verify({ ...input, assertion: '{}', origin: 'https://bank.example' }),
        'verify',
        { assertion: '{}', origin: 'https://bank.example' },
      ],
    ] as const
    for (const [act, name, body] of acts) {
      const before = hub.calls.heard.length
      hub.answers.push({ body: challenge }, 'cut')
      await expect(act()).rejects.toMatchObject({ code: 'unreachable' })
      expect(asked().slice(before)).toEqual([READ, `POST /auth/challenges/${ID}/authenticators/d1/${name}`])
      expect(hub.calls.heard.at(-1)?.body).toEqual(body)
      expect(hub.calls.heard.at(-1)?.headers).toMatchObject({ 'api-key': 'the key' })
    }
    hub.answers.push({ body: challenge }, { status: 204 })
    expect(await stepUp.cancel(input)).toBeUndefined()
    expect(asked().at(-1)).toBe(`DELETE /auth/challenges/${ID}`)
  })
})

describe('lets nobody through, and asks for a new challenge, when the hub says', () => {
  it.each([
    ['challengeNotFound', 404],
    ['challengedExpired', 409],
    ['challengedAlreadyRedeemed', 409],
    ['redeemChallengeConflict', 409],
  ])('%s', async (type, status) => {
    hub.answers.push(refused(status, type))
    const said = await service.send('ada', ID)
    expect(said).toMatchObject({ status: 401, challenge })
    expect(asked()).toEqual([REDEEM, CREATE])
    expect(service.done).toEqual([])
  })

  it.each([
    ['failed', { state: 'failed' }],
    ['expired', { state: 'expired' }],
    ['redeemed, by somebody else at this moment', { state: 'redeemed' }],
    ['another user’s', { userId: 'ben' }],
    ['for another operation', { operation: 'spend' }],
    ['for none', { operation: undefined }],
  ])('that it is not verified, and then that it is %s', async (_what, changes) => {
    hub.answers.push(refused(409, 'challengedNotVerified'), { body: { ...challenge, ...changes } })
    expect(await service.send('ada', ID)).toMatchObject({ status: 401, challenge })
    expect(asked()).toEqual([REDEEM, READ, CREATE])
    expect(service.done).toEqual([])
  })

  it('that it is not verified, and then that there is none', async () => {
    hub.answers.push(refused(409, 'challengedNotVerified'), refused(404, 'challengeNotFound'))
    expect(await service.send('ada', ID)).toMatchObject({ status: 401, challenge })
    expect(asked()).toEqual([REDEEM, READ, CREATE])
  })
})

it.each(['pending', 'verified'])('shows it as it stands, and lets nobody through, when it is %s', async (state) => {
  const standing = { ...challenge, state }
  hub.answers.push(refused(409, 'challengedNotVerified'), { body: standing })
  expect(await service.send('ada', ID)).toMatchObject({ status: 401, challenge: standing })
  expect(asked()).toEqual([REDEEM, READ])
  expect(service.done).toEqual([])
})

describe('lets nobody through', () => {
  it.each([
    ['another user’s', { state: 'redeemed', userId: 'ben' }],
    ['for another operation', { state: 'redeemed', operation: 'spend' }],
    ['not redeemed', { state: 'verified' }],
  ])('on a challenge that the hub says is redeemed, and that is %s', async (_what, changes) => {
    hub.answer = { body: { ...challenge, ...changes } }
    expect((await service.send('ada', ID)).status).toBe(503)
    expect(service.done).toEqual([])
    expect(service.errors).toMatchObject([{ code: 'unreachable' }])
  })

  it('who is asked too often, and says when to come back', async () => {
    hub.answer = refused(429, 'tooManyRequests', {}, { 'retry-after': '60' })
    const { status, headers, error } = await service.send('ada')
    expect({ status, type: error?.type }).toEqual({ status: 429, type: 'tooManyRequests' })
    expect(headers.get('retry-after')).toBe('60')
    expect(asked()).toHaveLength(1)
  })

  it.each([
    [401, 'unauthorized', 'invalid_token'],
    [403, 'accessDenied', 'insufficient_scope'],
    [400, 'invalidRequest', 'invalid_request'],
    [500, 'internalError', 'internal'],
  ])('when the service itself is refused with %d: that is its own trouble', async (status, type, code) => {
    hub.answer = refused(status, type)
    for (const id of [undefined, ID]) {
      const said = await service.send('ada', id)
      expect(said).toMatchObject({ status: 500 })
      expect(said.error).toBeUndefined()
    }
    expect(service.errors).toMatchObject([
      { code, status },
      { code, status },
    ])
    expect(service.done).toEqual([])
  })
})

it('tells a typed code’s tries', async () => {
  hub.answers.push(
    { body: challenge },
    refused(422, 'invalidAuthenticatorAttributes', { attributes: { attemptsRemaining: 2 } }),
  )
  const verifying = stepUp.verify({ user: 'ada', challenge: ID, authenticator: 'd1', code: '1' })
  await expect(verifying).rejects.toMatchObject({ code: 'invalidAuthenticatorAttributes', attemptsRemaining: 2 })
})

it('is one service’s business, whatever the request says of its user', async () => {
  await service.ask('/transfers', { 'X-User': 'ada' }, { ...TRANSFER, user: 'ben', userId: 'ben' })
  expect(hub.calls.heard[0]?.body).toMatchObject({ userId: 'ada' })
})
