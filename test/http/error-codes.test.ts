import { randomUUID } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from '../../server/limits/settings.ts'
import type { ApprovalView } from '../../server/protocol/challenge.ts'
import { ERROR_STATUS, type ErrorCode } from '../../server/protocol/error-codes.ts'
import type { PairingKeyView } from '../../server/protocol/mfa.ts'
import { startIssuer } from '../auth/issuer.ts'
import { rs256 } from '../auth/tokens.ts'
import { call, type Reply } from '../support/http-client.ts'
import { startHub, TEST_STORE_KEY } from '../support/hub.ts'
import { Phone } from '../support/phone.ts'
import { startRedis } from '../support/redis-server.ts'
import { expectProblem } from './expect-problem.ts'
import { decide, get, open, patch, poll } from './hubs.ts'

/** Sockets alone are told the first; how the other is, `unparsed.test.ts` shows, with less patience than a hub has. */
const NOT_OVER_HTTP: readonly ErrorCode[] = ['overloaded', 'request_timeout']

const redis = await startRedis()
const issuer = await startIssuer()
const hub = await startHub({
  REDIS_URL: redis.url,
  REDIS_PREFIX: 'codes',
  STORE_KEY: TEST_STORE_KEY,
  JWKS_URL: issuer.url,
})
afterAll(async () => {
  await hub.stop()
  await issuer.stop()
  await redis.stop()
})

const token = hub.backend()
const create = (body: object, headers = {}) => call(hub, 'POST', '/v1/challenges', { token, body, headers })

/** A paired phone, and what it is asked. */
async function asked() {
  const user = randomUUID()
  const mfa = hub.token({ scope: 'mfa:write', sub: 'test-backend' })
  const key = await call<PairingKeyView>(hub, 'POST', `/v1/users/${user}/pairingKeys`, { token: mfa, body: {} })
  const phone = new Phone()
  await phone.claim(hub, key.body.code ?? '')
  await open(hub, { approver: user })
  return { phone, shown: (await phone.approvals(hub))[0] as ApprovalView }
}

/** For each code, one way to be told it. */
const WAYS: Partial<Record<ErrorCode, () => Promise<Reply<unknown>>>> = {
  invalid_request: () => create({ challengeTimeout: 0 }),
  invalid_token: () => call(hub, 'GET', '/v1/stats', { token: 'nonsense' }),
  expired_token: () => call(hub, 'GET', '/v1/stats', { token: hub.token({ scope: 'challenges:read', sub: 's' }, -60) }),
  insufficient_scope: () => call(hub, 'GET', '/v1/stats', { token: hub.approver('ada') }),
  challenge_not_found: () => get(hub, 'x'),
  not_found: () => call(hub, 'GET', '/v1/nothing'),
  method_not_allowed: () => call(hub, 'PUT', '/v1/challenges', { token, body: {} }),
  challenge_complete: async () => patch(hub, (await open(hub, { isChallengeComplete: true })).challenge, {}),
  payload_too_large: () => create({ challengeStatus: 'x'.repeat(70_000) }),
  unsupported_media_type: () => create({}, { 'Content-Type': 'text/plain' }),
  headers_too_large: () => call(hub, 'GET', '/v1/stats', { token, headers: { 'X-Long': 'x'.repeat(20_000) } }),
  number_mismatch: async () => {
    const { challenge, number } = await open(hub, { approver: 'ada', numberMatching: 2 })
    const wrong = number === '00' ? '01' : '00'
    return decide(hub, challenge, { decision: 'approve', number: wrong }, hub.approver('ada'))
  },
  signature_required: async () => {
    const { phone, shown } = await asked()
    return decide(hub, shown.challenge, { decision: 'approve' }, phone.token)
  },
  malformed_signature: async () => {
    const { phone, shown } = await asked()
    return phone.decide(hub, 'approve', shown, {}, 'nonsense')
  },
  foreign_key: async () => {
    const { phone, shown } = await asked()
    return phone.decide(hub, 'approve', shown, {}, new Phone().statement('approve', shown))
  },
  signature_mismatch: async () => {
    const { phone, shown } = await asked()
    return phone.decide(hub, 'approve', shown, { signed: { decision: 'deny' } })
  },
  stale_signature: async () => {
    const { phone, shown } = await asked()
    return phone.decide(hub, 'approve', shown, { signed: { version: shown.version + 1 } })
  },
  clock_skew: async () => {
    const { phone, shown } = await asked()
    return phone.decide(hub, 'approve', shown, { signed: { iat: 1 } })
  },
  idempotency_key_reused: async () => {
    await open(hub, {}, { 'Idempotency-Key': 'k' })
    return create({ challengeTimeout: 5 }, { 'Idempotency-Key': 'k' })
  },
  too_many_requests: async () => {
    await Promise.all(
      Array.from({ length: DEFAULT_LIMITS.pendingPerApprover }, () => open(hub, { approver: 'popular' })),
    )
    return create({ approver: 'popular' })
  },
  approver_silenced: async () => {
    const { challenge } = await open(hub, { approver: 'innocent' })
    await decide(hub, challenge, { decision: 'deny', reason: 'not_me' }, hub.approver('innocent'))
    return create({ approver: 'innocent' })
  },
  internal: async () => {
    const { challenge } = await open(hub)
    // Somebody else writes over everything that is kept.
    const spoil = "for _, key in ipairs(redis.call('keys', 'codes:{*')) do redis.call('set', key, '1 x\\nspoilt') end"
    await redis.cli('eval', spoil, '0')
    return get(hub, challenge)
  },
  busy: () => {
    issuer.answer(500)
    return call(hub, 'GET', '/v1/stats', { token: rs256({ scope: 'challenges:read', sub: 's', exp: 9_999_999_999 }) })
  },
  draining: async () => {
    const leaving = await startHub()
    const { challenge } = await open(leaving)
    const stopped = leaving.hub.stop(0.5)
    const reply = await poll(leaving, challenge, '')
    await stopped
    return reply
  },
  store_unavailable: async () => {
    const { challenge } = await open(hub)
    await redis.kill()
    return get(hub, challenge)
  },
}

describe('the error codes', () => {
  it('are these, with these statuses', () => {
    expect(ERROR_STATUS).toStrictEqual({
      invalid_request: 400,
      invalid_token: 401,
      expired_token: 401,
      insufficient_scope: 403,
      challenge_not_found: 404,
      not_found: 404,
      method_not_allowed: 405,
      request_timeout: 408,
      challenge_complete: 409,
      payload_too_large: 413,
      unsupported_media_type: 415,
      number_mismatch: 422,
      signature_required: 422,
      malformed_signature: 422,
      foreign_key: 422,
      signature_mismatch: 422,
      stale_signature: 422,
      clock_skew: 422,
      idempotency_key_reused: 422,
      too_many_requests: 429,
      approver_silenced: 429,
      headers_too_large: 431,
      internal: 500,
      store_unavailable: 503,
      busy: 503,
      overloaded: 503,
      draining: 503,
    })
  })

  it('are all reached here, but for those few', () => {
    expect([...Object.keys(WAYS), ...NOT_OVER_HTTP].sort()).toEqual(Object.keys(ERROR_STATUS).sort())
  })

  it.each(Object.entries(WAYS))('%s is told as it should be', async (code, ask) => {
    const problem = expectProblem(await ask(), code as ErrorCode)
    expect(problem.type).toBe(`urn:assent:problem:${code}`)
  })
})
