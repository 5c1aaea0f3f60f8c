import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Reply } from '../support/http-client.ts'
import { GENEROUS, type RunningHub, startHub } from '../support/hub.ts'
import { open } from './hubs.ts'

/*
 * Programs are answered past Express, pages through it. Nobody may be able to tell which way an answer went: but for what
 * CORS says to pages.
 */

let hub: RunningHub
beforeAll(async () => {
  hub = await startHub(GENEROUS)
})
afterAll(() => hub.stop())

/** What every answer says, with these values. */
const SAID = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}
const BANNERS = ['server', 'x-powered-by', 'via']
/** Of the moment, of the one challenge, or for pages only. */
const OWN = ['date', 'content-length', 'location', 'vary', 'access-control-expose-headers']

type Ask = (called: { url: string; origin?: string }, challenge: string) => Promise<Reply<unknown>>

const backend = () => hub.backend()
const manager = () => hub.token({ scope: 'mfa:write', sub: 'test-backend' })
const ada = () => hub.approver('ada')
const ASKED: Readonly<Record<string, Ask>> = {
  create: (hub) => call(hub, 'POST', '/v1/challenges', { token: backend(), body: {} }),
  'create, wrongly': (hub) => call(hub, 'POST', '/v1/challenges', { token: backend(), body: { surprise: 1 } }),
  'create, not in JSON': (hub) => call(hub, 'POST', '/v1/challenges', { token: backend(), raw: 'x' }),
  'create, too long': (hub) =>
    call(hub, 'POST', '/v1/challenges', { token: backend(), body: { x: 'x'.repeat(70_000) } }),
  update: (hub, id) => call(hub, 'PATCH', `/v1/challenges/${id}`, { token: backend(), body: {} }),
  read: (hub, id) => call(hub, 'GET', `/v1/challenges/${id}`, { token: backend() }),
  'read the same': (hub, id) =>
    call(hub, 'GET', `/v1/challenges/${id}`, { token: backend(), headers: { 'If-None-Match': '"1"' } }),
  'read what is not': (hub) => call(hub, 'GET', '/v1/challenges/x', { token: backend() }),
  poll: (hub, id) => call(hub, 'GET', `/v1/challenges/${id}/poll?pollRetries=0`, { token: backend() }),
  list: (called) => call(called, 'GET', '/v1/approvals', { token: hub.approver('nobody') }),
  decide: (hub, id) => call(hub, 'POST', `/v1/approvals/${id}`, { token: ada(), body: { decision: 'deny' } }),
  'throw out': (hub) => call(hub, 'DELETE', '/v1/approvers/nobody/connections', { token: backend() }),
  count: (hub) => call(hub, 'GET', '/v1/stats', { token: backend() }),
  'count without a token': (hub) => call(hub, 'GET', '/v1/stats'),
  'count without the scope': (hub) => call(hub, 'GET', '/v1/stats', { token: ada() }),
  'do what is not done': (hub) => call(hub, 'PUT', '/v1/challenges', { token: backend() }),
  'read one of two names': (hub) => call(hub, 'GET', '/v1/users/ada/devices/x', { token: manager() }),
  'change one of two names': (hub) =>
    call(hub, 'PUT', '/v1/users/ada/devices/x/nickname', { token: manager(), body: { nickname: 'Mine' } }),
  'name one of two by nothing': (hub) => call(hub, 'GET', '/v1/users//devices/x', { token: manager() }),
  'name one of two by escapes': (hub) => call(hub, 'GET', '/v1/users/a%2Fb/devices/%C3%A9', { token: manager() }),
  'name one of two by what is none': (hub) => call(hub, 'GET', '/v1/users/%zz/devices/x', { token: manager() }),
  'go one further than two names': (hub) => call(hub, 'GET', '/v1/users/ada/devices/x/y/z', { token: manager() }),
  'go nowhere': (hub) => call(hub, 'GET', '/v1/nowhere'),
  live: (hub) => call(hub, 'GET', '/healthz'),
  'be ready': (hub) => call(hub, 'GET', '/readyz'),
}

describe.each(Object.entries(ASKED))('to %s', (_what, ask) => {
  it('is answered alike on both ways, with all that every answer says', async () => {
    const replies = []
    for (const origin of [{}, { origin: hub.url }]) {
      const { challenge } = await open(hub, { approver: 'ada' })
      replies.push({ ...(await ask({ url: hub.url, ...origin }, challenge)), challenge })
    }
    const [past, through] = replies.map(({ status, headers, text, challenge }) => ({
      status,
      headers: Object.fromEntries([...headers].filter(([name]) => !OWN.includes(name))),
      body: text
        .replaceAll(challenge, 'it')
        .replace(/"challenge":"[\w-]{43}"|"waitToken":"[^"]+"|\d{13}|"id":"[0-9a-f-]{36}"/g, 'some'),
    }))
    expect(through).toEqual(past)
    expect(past?.headers).toMatchObject(SAID)
    expect(BANNERS.filter((name) => name in (past?.headers ?? {}))).toEqual([])
  })
})
