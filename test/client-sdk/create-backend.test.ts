import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Backend, createBackend } from '../../client-sdk/index.ts'
import { eventually } from '../support/eventually.ts'
import { page } from './samples.ts'
import { type Call, type Fault, ScriptedHub } from './scripted-hub.ts'

let hub: ScriptedHub
let backend: Backend
beforeEach(async () => {
  hub = await ScriptedHub.start()
  backend = createBackend({ url: hub.url, token: 'a backend token' })
})
afterEach(() => hub.stop())

const { challenge } = page()
const path = `/v1/challenges/${challenge}`
const isPoll = (call: Call) => call.path.endsWith('/poll')
const busy: Fault = { problem: { code: 'busy', detail: 'Later.' } }
const draining: Fault = { problem: { code: 'draining', detail: 'Elsewhere.', retryAfter: 1 } }
const keys = () => hub.calls.heard.map(({ headers }) => headers['idempotency-key'])

describe('says what it is asked to', () => {
  it('creates', async () => {
    const created = await backend.createChallenge({ approver: 'ada', challengeTimeout: 60 })
    expect(created).toMatchObject({ challenge, waitToken: expect.any(String) })
    expect(hub.calls.heard[0]).toMatchObject({
      method: 'POST',
      path: '/v1/challenges',
      body: { approver: 'ada', challengeTimeout: 60 },
      headers: { authorization: 'Bearer a backend token', 'content-type': 'application/json' },
    })
  })

  it('updates', async () => {
    await backend.updateChallenge(challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    const body = { challengeStatus: 'approved', isChallengeComplete: true }
    expect(hub.calls.heard[0]).toMatchObject({ method: 'PATCH', path, body })
  })

  it('reads, and escapes what is no id', async () => {
    expect((await backend.getChallenge(challenge)).challenge).toBe(challenge)
    await backend.getChallenge('../stats?x=#')
    expect(hub.urls.heard).toEqual([path, '/v1/challenges/..%2Fstats%3Fx%3D%23'])
  })

  it('polls', async () => {
    const polled = await backend.pollChallenge(challenge, { pollInterval: 100, pollRetries: 1, since: 1 })
    expect(polled).toMatchObject({ challenge, pollOutcome: 'exhausted' })
    expect(hub.urls.heard).toEqual([`${path}/poll?pollInterval=100&pollRetries=1&since=1`])
  })

  it('asks how things stand with a person, and lets them be asked again', async () => {
    await backend.getApprover('ada / Łódź')
    hub.faults.push(busy)
    expect(await backend.liftSilence('ada / Łódź')).toBeUndefined()
    const person = '/v1/approvers/ada%20%2F%20%C5%81%C3%B3d%C5%BA'
    expect(hub.urls.heard).toEqual([person, `${person}/silence`, `${person}/silence`])
    expect(hub.calls.heard.map(({ method }) => method)).toEqual(['GET', 'DELETE', 'DELETE'])
  })

  it('with an API key', async () => {
    await createBackend({ url: hub.url, apiKey: 'the key' }).getChallenge(challenge)
    expect(hub.calls.heard[0]?.headers).toMatchObject({ 'api-key': 'the key' })
    expect(hub.calls.heard[0]?.headers.authorization).toBeUndefined()
  })
})

describe('tries again', () => {
  it.each([
    ['a cut line', 'cut'],
    ['503', busy],
    ["a proxy's 502", { bare: 502 }],
    ["a proxy's page", { bare: 200 }],
    ['429', { problem: { code: 'too_many_requests', detail: 'Later.' } }],
  ] as const)('every call after %s', async (_name, fault) => {
    const calls = [
      () => backend.createChallenge({}),
      () => backend.updateChallenge(challenge, { challengeStatus: 'seen' }),
      () => backend.getChallenge(challenge),
      () => backend.pollChallenge(challenge, { pollInterval: 100, pollRetries: 0 }),
    ]
    for (const call of calls) {
      hub.faults.push(fault)
      expect((await call()).challenge).toBe(challenge)
    }
    expect(hub.calls.heard.length).toBe(8)
  })

  it('not before Retry-After is over', async () => {
    hub.faults.push({ problem: { code: 'store_unavailable', detail: 'Later.', retryAfter: 1 } })
    await backend.getChallenge(challenge)
    const [first, second] = hub.calls.heard
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1000)
  })

  it('to create the same challenge: each call has one key of its own', async () => {
    hub.faults.push(busy, 'cut')
    await backend.createChallenge({})
    const [first, second, third] = keys()
    expect(first).toMatch(/^[\w-]{36}$/)
    expect([second, third]).toEqual([first, first])
    await backend.createChallenge({})
    expect(keys()[3]).not.toBe(first)
  })

  it('with the key it was given', async () => {
    hub.faults.push(busy)
    await backend.createChallenge({}, { idempotencyKey: 'order 42' })
    expect(keys()).toEqual(['order 42', 'order 42'])
  })

  it('at most 5 times, and then says why', async () => {
    hub.fault = busy
    await expect(backend.getChallenge(challenge)).rejects.toMatchObject({
      name: 'AssentError',
      code: 'busy',
      status: 503,
    })
    expect(hub.calls.heard.length).toBe(5)
  })

  it('not what was refused', async () => {
    const errors = [{ path: 'challengeTimeout', message: 'too long' }]
    hub.fault = { problem: { code: 'invalid_request', detail: 'Wrong.', errors } }
    await expect(backend.createChallenge({})).rejects.toMatchObject({ code: 'invalid_request', status: 400, errors })
    expect(hub.calls.heard.length).toBe(1)
  })

  it.each([
    ['too_many_requests', 11],
    ['approver_silenced', 1],
  ] as const)('not a person who may not be asked now: %s', async (code, retryAfter) => {
    hub.fault = { problem: { code, detail: 'Not now.', retryAfter } }
    await expect(backend.createChallenge({ approver: 'ada' })).rejects.toMatchObject({ code, status: 429, retryAfter })
    expect(hub.calls.heard.length).toBe(1)
  })

  it('not after an abort', async () => {
    hub.fault = { problem: { code: 'busy', detail: 'Later.', retryAfter: 60 } }
    const abort = new AbortController()
    const read = backend.getChallenge(challenge, { signal: abort.signal })
    await hub.calls.until(() => true)
    abort.abort(new Error('enough'))
    await expect(read).rejects.toThrow('enough')
    expect(hub.calls.heard.length).toBe(1)
  })

  it('says unreachable when nobody is there', async () => {
    hub.fault = 'cut'
    await expect(backend.getChallenge(challenge)).rejects.toMatchObject({
      name: 'AssentError',
      code: 'unreachable',
      cause: expect.any(Error),
    })
  })
})

describe('an update whose answer was lost', () => {
  const body = {
    challengeStatus: 'approved',
    isChallengeComplete: true,
    claimsNameValuePairs: [{ name: 'a', value: '1' }],
  }
  const record = { ...page(), ...body }
  const complete = (as: object): Fault => ({
    problem: { code: 'challenge_complete', detail: 'Over.', record: { ...record, ...as } },
  })

  it('resolves when the challenge then stands as asked', async () => {
    hub.faults.push('cut', complete({}))
    expect(await backend.updateChallenge(challenge, body)).toEqual(record)
  })

  it.each([{ challengeStatus: 'denied' }, { claimsNameValuePairs: [] }])(
    'rejects when it stands otherwise: %o',
    async (as) => {
      hub.faults.push('cut', complete(as))
      await expect(backend.updateChallenge(challenge, body)).rejects.toMatchObject({
        code: 'challenge_complete',
        status: 409,
        record: as,
      })
    },
  )

  it('rejects when the first try was answered so: somebody else did it', async () => {
    hub.faults.push(complete({}))
    await expect(backend.updateChallenge(challenge, body)).rejects.toMatchObject({ code: 'challenge_complete' })
  })
})

describe('waits for a change', () => {
  const brief = { pollInterval: 100, pollRetries: 1 }

  it('from now on, over as many polls as it takes', async () => {
    const changed = backend.waitForChange(challenge, brief)
    await eventually(() => hub.calls.heard.filter(isPoll).length >= 3)
    hub.change({ challengeStatus: 'seen' })
    expect(await changed).toEqual(hub.view)
    expect(new Set(hub.calls.heard.filter(isPoll).map(({ query }) => query.get('since')))).toEqual(new Set(['1']))
  })

  it('from the version it is given', async () => {
    hub.change({ challengeStatus: 'seen' })
    expect((await backend.waitForChange(challenge, { since: 1 })).challengeStatus).toBe('seen')
    expect(hub.calls.heard.length).toBe(1)
  })

  it('until it is complete', async () => {
    const outcome = backend.waitForChange(challenge, { until: 'complete' })
    await hub.calls.until(isPoll)
    hub.change({ challengeStatus: 'seen' })
    await hub.calls.until((call) => isPoll(call) && call.query.get('since') === '2')
    hub.change({ challengeStatus: 'denied', isChallengeComplete: true })
    expect((await outcome).challengeStatus).toBe('denied')
  })

  it('not at all when it is complete already', async () => {
    hub.change({ challengeStatus: 'denied', isChallengeComplete: true })
    expect((await backend.waitForChange(challenge)).challengeStatus).toBe('denied')
    expect(hub.calls.heard.some(isPoll)).toBe(false)
  })

  it('through failures', async () => {
    hub.faults.push(busy, 'cut', busy)
    const changed = backend.waitForChange(challenge, { since: 1 })
    await eventually(() => hub.calls.heard.length >= 4)
    hub.change({ challengeStatus: 'seen' })
    expect((await changed).challengeStatus).toBe('seen')
  })

  it('at another instance, soon, when one shuts down; with patience when they all do', async () => {
    hub.faults.push(draining, draining, draining, draining, draining)
    const changed = backend.waitForChange(challenge, { since: 1 })
    await eventually(() => hub.calls.heard.length === 6)
    hub.change({ challengeStatus: 'seen' })
    expect((await changed).challengeStatus).toBe('seen')
    const pauses = hub.calls.heard.slice(1).map(({ at }, before) => at - (hub.calls.heard[before]?.at ?? 0))
    expect(Math.max(...pauses.slice(0, 4))).toBeLessThan(900)
    expect(pauses[4]).toBeGreaterThan(1_000)
    expect(hub.calls.heard.every(({ query }) => query.get('since') === '1')).toBe(true)
  })

  it('until it is aborted: the held poll hangs up', async () => {
    const abort = new AbortController()
    const changed = backend.waitForChange(challenge, { signal: abort.signal })
    const poll = await hub.calls.until(isPoll)
    abort.abort()
    await expect(changed).rejects.toMatchObject({ name: 'AbortError' })
    await eventually(() => poll.hungUp)
  })
})
