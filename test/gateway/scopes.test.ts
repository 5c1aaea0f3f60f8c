import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningHub, startHub } from '../support/hub.ts'
import { create } from './pair.ts'
import { connected, dial, hangUpAll, refusal } from './sockets.ts'

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
const NAMESPACES = ['/waiting', '/approving', '/publishing'] as const

let hub: RunningHub
let challenge: string
beforeAll(async () => {
  hub = await startHub()
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

describe('a token', () => {
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
