import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type {
  ApprovingClientEvents,
  NAMESPACES as Known,
  PublishingClientEvents,
  WaitingClientEvents,
} from '../../server/protocol/events.ts'
import { SCOPES } from '../../server/protocol/scopes.ts'
import { GENEROUS, type RunningHub, startHub } from '../support/hub.ts'
import { create } from './pair.ts'
import { ask, connected, dial, hangUpAll, refusal } from './sockets.ts'

/*
 * Which token opens which namespace. A waiting page says nothing beside its token; everyone else says on which challenge.
 *
 *   scope               /waiting   /approving   /publishing
 */
const TABLE = `
     challenges:write    yes        no           yes
     challenges:read     yes        no           no
     challenges:wait     yes        no           no
     challenges:approve  no         yes          no
     mfa:write           no         no           no
     mfa:read            no         no           no
     nothing             no         no           no
`
const NAMESPACES = [
  '/waiting',
  '/approving',
  '/publishing',
] as const satisfies readonly (typeof Known)[keyof typeof Known][]

const OK = 'ok'
const NO = 'insufficient_scope'

/** What is said, and what those are answered whom the door has let in; a new event without a row does not compile. */
const EVENTS = {
  '/waiting': {
    // Whose token is shown counts, not whose socket it is: a page's is good for its challenge, a backend's names none.
    subscribe: {
      body: (scope: string) => ({ token: hub.token(claimsOf(scope)) }),
      answers: { 'challenges:write': 'invalid_request', 'challenges:read': 'invalid_request', 'challenges:wait': OK },
    },
  },
  '/approving': {
    approve: { body: () => ({ challenge: fresh }), answers: { 'challenges:approve': OK } },
    deny: { body: () => ({ challenge: fresh }), answers: { 'challenges:approve': OK } },
    received: {
      body: () => ({ challenge: fresh, delivery: 'seen' }),
      answers: { 'challenges:approve': OK },
    },
  },
  '/publishing': {
    create: { body: () => ({}), answers: { 'challenges:write': OK } },
    update: { body: () => ({ challenge: fresh, challengeStatus: 'scanned' }), answers: { 'challenges:write': OK } },
    get: { body: () => ({ challenge: fresh }), answers: { 'challenges:write': OK } },
    poll: { body: () => ({ challenge: fresh, pollRetries: 0 }), answers: { 'challenges:write': OK } },
  },
} satisfies {
  '/waiting': Record<keyof WaitingClientEvents, Row>
  '/approving': Record<keyof ApprovingClientEvents, Row>
  '/publishing': Record<keyof PublishingClientEvents, Row>
}

interface Row {
  readonly body: (scope: string) => object
  readonly answers: Readonly<Record<string, string>>
}

let hub: RunningHub
let challenge: string
/** One that nobody has answered yet. */
let fresh: string
beforeAll(async () => {
  hub = await startHub(GENEROUS)
  challenge = (await create(hub, { approver: 'ada' })).challenge
})
afterAll(() => hub.stop())
afterEach(hangUpAll)

const cells = TABLE.trim()
  .split('\n')
  .flatMap((row) => {
    const [scope = '', ...answers] = row.trim().split(/\s+/)
    return NAMESPACES.map((namespace, at) => [scope, namespace, answers[at]] as const)
  })

/** Only a wait token names a challenge of itself; `sub` is everyone's. */
const claimsOf = (scope: string) => ({ scope, sub: 'ada', ...(scope.includes('wait') && { challenge, since: 1 }) })

describe('an event', () => {
  const rows = Object.entries(EVENTS).flatMap(([namespace, events]) =>
    Object.entries(events as Record<string, Row>).flatMap(([event, row]) =>
      SCOPES.map((scope) => [event, namespace, scope, row.answers[scope] ?? NO, row] as const),
    ),
  )

  it.each(rows)('%s in %s, by a token of scope %s, is answered %s', async (event, namespace, scope, answer, row) => {
    fresh = (await create(hub, { approver: 'ada' })).challenge
    const isPage = scope === 'challenges:wait'
    const auth = { token: hub.token(claimsOf(scope)), ...(namespace === '/waiting' && !isPage && { challenge }) }
    const socket = dial(hub.url, namespace, auth)
    if (answer === NO) {
      // What is said at a closed door is heard by nobody.
      const unheard = expect(socket.timeout(200).emitWithAck(event, row.body(scope))).rejects.toThrow()
      expect((await refusal(socket)).data?.code).toBe(NO)
      return unheard
    }
    await connected(socket)
    const { ok, error } = await ask(socket, event, row.body(scope))
    expect(ok ? OK : error?.code).toBe(answer)
  })

  it.each(['challenges:approve', 'mfa:write', 'mfa:read'])(
    'subscribe with a token of scope %s opens nothing more, whoever shows it',
    async (scope) => {
      const socket = await connected(dial(hub.url, '/waiting', { token: hub.backend(), challenge }))
      const { error } = await ask(socket, 'subscribe', { token: hub.token(claimsOf(scope)) })
      expect(error?.code).toBe(NO)
    },
  )
})

describe('a token', () => {
  it('of every scope there is stands in the table', () => {
    expect([...new Set(cells.map(([scope]) => scope))]).toEqual([...SCOPES, 'nothing'])
  })

  it.each(cells)('of scope %s at %s: %s', async (scope, namespace, answer) => {
    const token = hub.token(claimsOf(scope))
    const isPage = scope === 'challenges:wait'
    const socket = dial(hub.url, namespace, { token, ...(namespace === '/waiting' && !isPage && { challenge }) })
    if (answer === 'yes') await connected(socket)
    else {
      expect((await refusal(socket)).data).toEqual({ code: 'insufficient_scope', detail: expect.any(String) })
    }
  })

  it.each(['challenges:approve', 'mfa:write', 'nothing'])(
    'of scope %s is refused at /waiting for what it is, also when it names no challenge',
    async (scope) => {
      const { data } = await refusal(dial(hub.url, '/waiting', { token: hub.token(claimsOf(scope)) }))
      expect(data?.code).toBe('insufficient_scope')
    },
  )

  it('of several scopes opens what each of them opens', async () => {
    const token = hub.token(claimsOf('challenges:approve challenges:write mfa:read'))
    await connected(dial(hub.url, '/waiting', { token, challenge }))
    await connected(dial(hub.url, '/approving', { token }))
    await connected(dial(hub.url, '/publishing', { token }))
  })

  it.each(['challenges:write-all', 'challenges', 'CHALLENGES:WRITE', 'challenges:write,challenges:approve', '*', ''])(
    'of a scope like "%s" opens nothing',
    async (scope) => {
      const token = hub.token({ scope, sub: 'ada' })
      for (const namespace of NAMESPACES) {
        const { data } = await refusal(dial(hub.url, namespace, { token, challenge }))
        expect(data?.code).toBe('insufficient_scope')
      }
    },
  )

  it('without a sub is nobody’s, unless it is a page’s', async () => {
    for (const scope of ['challenges:write', 'challenges:approve', 'challenges:wait challenges:approve']) {
      const token = hub.token({ scope, challenge, since: 1 })
      for (const namespace of NAMESPACES) {
        expect((await refusal(dial(hub.url, namespace, { token, challenge }))).data?.code).toBe('invalid_token')
      }
    }
    await connected(dial(hub.url, '/waiting', { token: hub.token({ scope: 'challenges:wait', challenge, since: 1 }) }))
  })

  it('in the query or the headers is no token', async () => {
    const token = hub.backend()
    const socket = dial(`${hub.url}`, '/publishing', {}, { headers: { authorization: `Bearer ${token}` } })
    expect((await refusal(socket)).data?.code).toBe('invalid_token')
  })
})
