import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Issuer, startIssuer } from '../auth/issuer.ts'
import { rs256 } from '../auth/tokens.ts'
import { eventually } from '../support/eventually.ts'
import { call } from '../support/http-client.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { expectProblem } from './expect-problem.ts'
import { open, patch, poll, stats } from './hubs.ts'

const FOREIGN = {
  iss: 'https://id.example',
  aud: 'hub',
  scope: 'challenges:read',
  sub: 'bank',
  exp: 9_999_999_999,
}

let issuer: Issuer
let hub: RunningHub
beforeEach(async () => {
  issuer = await startIssuer()
  hub = await startHub({ JWKS_URL: issuer.url, JWT_ISSUER: FOREIGN.iss, JWT_AUDIENCE: FOREIGN.aud })
})
afterEach(async () => {
  issuer.release()
  await hub.stop()
  await issuer.stop()
})

describe('tokens of another issuer', () => {
  it('open the hub, and those of a third do not', async () => {
    const { challenge } = await open(hub)
    const token = rs256(FOREIGN)
    expect((await call(hub, 'GET', `/v1/challenges/${challenge}`, { token })).status).toBe(200)
    for (const wrong of [{ iss: 'https://evil.example' }, { aud: 'other' }]) {
      const options = { token: rs256({ ...FOREIGN, ...wrong }) }
      expectProblem(await call(hub, 'GET', `/v1/challenges/${challenge}`, options), 'invalid_token')
    }
  })

  it("are checked while the hub's own go through without a question", async () => {
    issuer.hold()
    const waiting = call(hub, 'GET', '/v1/stats', { token: rs256(FOREIGN) })
    await eventually(() => issuer.asked === 1)
    expect((await stats(hub)).watches).toBe(0)
    issuer.release()
    expect((await waiting).status).toBe(200)
  })

  it('when their issuer is away, are asked to come back', async () => {
    issuer.answer(503)
    const reply = await call(hub, 'GET', '/v1/stats', { token: rs256(FOREIGN) })
    expectProblem(reply, 'busy')
    expect(reply.text).not.toContain('127.0.0.1')
  })
})

describe('a caller that hangs up before it is known who calls', () => {
  it('costs nothing from then on', async () => {
    const [left, stayed] = [await open(hub), await open(hub)]
    const token = rs256(FOREIGN)
    const query = 'pollInterval=5000&pollRetries=12'
    issuer.hold()
    const hangUp = new AbortController()
    const gone = poll(hub, left.challenge, query, { token, signal: hangUp.signal }).catch(() => 'gone')
    await eventually(() => issuer.asked === 1)
    const stays = poll(hub, stayed.challenge, query, { token })
    hangUp.abort()
    expect(await gone).toBe('gone')
    // The hub hears of it before it answers what is asked later.
    for (let count = 0; count < 3; count++) await stats(hub)
    issuer.release()
    // Both waited for the same key. When the later one is watching, the earlier one has had its turn.
    await eventually(async () => (await stats(hub)).watches > 0)
    for (let count = 0; count < 3; count++) await stats(hub)
    expect((await stats(hub)).watches).toBe(1)
    await patch(hub, stayed.challenge, { isChallengeComplete: true })
    expect((await stays).body.pollOutcome).toBe('complete')
  })
})
