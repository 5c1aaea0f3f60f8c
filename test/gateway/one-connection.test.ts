import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RunningHub, startHub } from '../support/hub.ts'
import { create, update } from './pair.ts'
import { ask, closing, connected, dial, hangUpAll, openPage, openPublisher } from './sockets.ts'

/*
 * Socket.IO carries several namespaces over one connection. What ends a socket in one of them is no reason to end the others:
 * "An expired token ends its own subscription only."
 */

let hub: RunningHub
/** A publisher, and a way to see that it still works: it is answered, rather than closed. */
async function startPublisher() {
  const publisher = await openPublisher(hub.url, hub.backend())
  const closed = closing(publisher)
  return { publisher, get: (challenge: string) => Promise.race([closed, ask(publisher, 'get', { challenge })]) }
}

beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.stop())
afterEach(hangUpAll)

describe('over one connection', () => {
  it('all three namespaces work', async () => {
    const { publisher, get } = await startPublisher()
    const { challenge, waitToken } = await create(hub, { approver: 'ada' })
    const person = dial(hub.url, '/approving', { token: hub.approver('ada') }, { over: publisher })
    await connected(person)
    const page = openPage(hub.url, { token: waitToken }, { over: publisher })
    await page.version(1)
    expect(await ask(person, 'approve', { challenge })).toMatchObject({ ok: true })
    await page.version(2)
    expect(await get(challenge)).toMatchObject({ ok: true, challenge: { decidedBy: 'ada' } })
  })

  it('a page that has its answer leaves the others connected', async () => {
    const { publisher, get } = await startPublisher()
    const { challenge, waitToken } = await create(hub)
    const page = openPage(hub.url, { token: waitToken }, { over: publisher })
    await page.version(1)
    await update(hub, challenge, { isChallengeComplete: true })
    expect(await page.closed).toBe('io server disconnect')
    expect(await get(challenge)).toMatchObject({ ok: true })
  })

  it('a token that expires leaves the others connected', async () => {
    const { publisher, get } = await startPublisher()
    const { challenge } = await create(hub)
    const brief = hub.token({ scope: 'challenges:wait', challenge, since: 1 }, 1)
    const page = openPage(hub.url, { token: brief }, { over: publisher })
    await page.version(1)
    await page.closed
    expect(await get(challenge)).toMatchObject({ ok: true })
  })

  it('an approver who is thrown out leaves the others connected', async () => {
    const { publisher, get } = await startPublisher()
    const { challenge } = await create(hub)
    const person = dial(hub.url, '/approving', { token: hub.approver('eve') }, { over: publisher })
    await connected(person)
    const gone = new Promise((resolve) => person.once('disconnect', resolve))
    const headers = { authorization: `Bearer ${hub.backend()}` }
    await fetch(`${hub.url}/v1/approvers/eve/connections`, { method: 'DELETE', headers })
    await gone
    expect(await get(challenge)).toMatchObject({ ok: true })
  })
})
