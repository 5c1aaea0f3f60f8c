import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readConfig } from '../../server/config.ts'
import { Hub } from '../../server/hub.ts'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub, TEST_SECRET } from '../support/hub.ts'
import { create, update } from './pair.ts'
import { ask, closing, dial, hangUpAll, openPublisher, refusal } from './sockets.ts'

const UNKNOWN = 'n'.repeat(43)

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.stop())
afterEach(hangUpAll)

describe('what is not acceptable is refused by name', () => {
  const claim = { name: 'n', value: 'v' }
  it.each([
    ['create', 'challengeStatus', { challengeStatus: '' }],
    ['create', 'challengeStatus', { challengeStatus: 'x'.repeat(51) }],
    ['create', 'challengeStatus', { challengeStatus: 'a\u0000b' }],
    ['create', 'challengeStatus', { challengeStatus: 7 }],
    ['create', 'isChallengeComplete', { isChallengeComplete: 'true' }],
    ['create', 'challengeTimeout', { challengeTimeout: 0 }],
    ['create', 'challengeTimeout', { challengeTimeout: 86_401 }],
    ['create', 'challengeTimeout', { challengeTimeout: '1e2' }],
    ['create', 'updatedByFlowId', { updatedByFlowId: 'x'.repeat(101) }],
    ['create', 'updateByFlowId', { updateByFlowId: 'the other spelling' }],
    ['create', 'claimsNameValuePairs.1.name', { claimsNameValuePairs: [claim, claim] }],
    ['create', 'claimsNameValuePairs', { claimsNameValuePairs: Array(51).fill(claim) }],
    ['create', 'claimsNameValuePairs.0.value', { claimsNameValuePairs: [{ name: 'n', value: 'x'.repeat(1_001) }] }],
    ['create', 'display.title', { display: { message: 'no title' } }],
    ['create', 'display.fields.0.value', { display: { title: 't', fields: [{ label: 'l' }] } }],
    ['create', 'numberMatching', { numberMatching: 4 }],
    ['create', 'approver', { approver: '' }],
    ['create', 'challenge', { challenge: UNKNOWN }],
    ['create', 'token', { token: 'x' }],
    ['create', '', 'a word'],
    ['create', '', []],
    ['update', 'challengeTimeout', { challenge: UNKNOWN, challengeTimeout: 60 }],
    ['update', 'isChallengeComplete', { challenge: UNKNOWN, isChallengeComplete: 1 }],
    ['update', 'challenge', { challengeStatus: 'seen' }],
    ['update', 'challenge', { challenge: 7 }],
    ['update', 'challenge', { challenge: '' }],
    ['update', 'challenge', { challenge: 'x'.repeat(101) }],
    ['update', '', null],
    ['get', 'challenge', {}],
    ['get', 'challenge', { challenge: 'x'.repeat(101) }],
    ['get', 'since', { challenge: UNKNOWN, since: 1 }],
    ['get', '', [UNKNOWN]],
    ['poll', 'challenge', { challenge: 'x'.repeat(101) }],
    ['poll', 'pollInterval', { challenge: UNKNOWN, pollInterval: 99 }],
    ['poll', 'pollRetries', { challenge: UNKNOWN, pollRetries: 601 }],
    ['poll', 'pollRetries', { challenge: UNKNOWN, pollInterval: 60_000, pollRetries: 11 }],
    ['poll', 'since', { challenge: UNKNOWN, since: -1 }],
  ])('%s: "%s"', async (event, path, body) => {
    const publisher = await openPublisher(hub.url, hub.backend())
    const answer = await ask(publisher, event, body)
    expect(answer).toMatchObject({ ok: false, error: { code: 'invalid_request' } })
    expect(new Set(answer.error?.errors?.map((each) => each.path))).toEqual(new Set([path]))
    expect(answer.error?.errors?.[0]?.message).toMatch(/\S/)
  })

  it('an unknown challenge of acceptable shape is not found', async () => {
    const publisher = await openPublisher(hub.url, hub.backend())
    for (const event of ['get', 'update', 'poll']) {
      expect(await ask(publisher, event, { challenge: UNKNOWN })).toEqual({
        ok: false,
        error: { code: 'challenge_not_found', detail: expect.any(String) },
      })
    }
  })

  it('every wrong field is named at once', async () => {
    const publisher = await openPublisher(hub.url, hub.backend())
    const { error } = await ask(publisher, 'create', { challengeTimeout: 0, numberMatching: 3, colour: 'blue' })
    expect(error?.errors?.map(({ path }) => path).sort()).toEqual(['challengeTimeout', 'colour', 'numberMatching'])
  })
})

it('a thousand polls over one socket are taken, and no more, without a murmur', async () => {
  const warnings: string[] = []
  process.on('warning', ({ message }) => warnings.push(message))
  const publisher = await openPublisher(hub.url, hub.backend())
  const { challenge } = await create(hub)
  const polls = Array.from({ length: 1_000 }, () => ask(publisher, 'poll', { challenge }))
  const refused = await ask(publisher, 'poll', { challenge })
  expect(refused).toMatchObject({ ok: false, error: { code: 'too_many_requests', retryAfter: expect.any(Number) } })
  await update(hub, challenge, { challengeStatus: 'seen' })
  const outcomes = (await Promise.all(polls)).map((answer) => answer.challenge?.pollOutcome)
  expect(new Set(outcomes)).toEqual(new Set(['changed']))
  expect(warnings).toEqual([])
})

it('a socket that leaves in the middle of a poll is no trouble to report', async () => {
  const lines: { level: number; msg: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const watched = new Hub(readConfig({ PORT: '0', HOST: '127.0.0.1', JWT_SECRET: TEST_SECRET }), log)
  const url = await watched.start()
  const token = watched.issueToken({ scope: 'challenges:write challenges:read', sub: 'leaver' }, 60)
  const count = async () => {
    const response = await fetch(`${url}/v1/stats`, { headers: { authorization: `Bearer ${token}` } })
    return ((await response.json()) as { watches: number }).watches
  }
  const publisher = await openPublisher(url, token)
  const { challenge } = await ask(publisher, 'create')
  ask(publisher, 'poll', { challenge: challenge?.challenge }).catch(() => undefined)
  await eventually(async () => expect(await count()).toBe(1))
  publisher.disconnect()
  await eventually(async () => expect(await count()).toBe(0))
  await watched.stop(0)
  expect(lines.filter(({ level }) => level >= 40)).toEqual([])
})

it('an expired token ends the connection', async () => {
  const token = hub.token({ scope: 'challenges:write', sub: 'brief' }, 2)
  const publisher = await openPublisher(hub.url, token)
  expect(await closing(publisher)).toBe('io server disconnect')
  expect((await refusal(dial(hub.url, '/publishing', { token }))).data?.code).toBe('expired_token')
})
