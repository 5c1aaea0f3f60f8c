import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { call, create, startPair, stats, update } from './pair.ts'
import { ask, closing, hangUpAll, openPage, openPerson, openPublisher } from './sockets.ts'

afterEach(hangUpAll)

describe('an instance that stops', () => {
  it('leaves its page to the other one, which tells how it ended', async () => {
    await using pair = await startPair()
    const { challenge, waitToken } = await create(pair.a)
    const page = openPage(pair.a.url, { token: waitToken })
    await page.version(1)
    await pair.a.stop()
    // Not "io server disconnect": a plain client comes back by itself.
    expect(await page.closed).toBe('transport close')
    await update(pair.b, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    const moved = openPage(pair.b.url, { token: waitToken })
    expect(await moved.version(2)).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true })
    await eventually(async () => expect((await stats(pair.b)).instances).toEqual({ answered: 1, expected: 1 }))
  })

  it('serves until it stops: a page that moves in time hears everything, on one side or the other', async () => {
    await using pair = await startPair()
    const { challenge, waitToken } = await create(pair.a)
    const page = openPage(pair.a.url, { token: waitToken })
    await page.version(1)
    const moving = new Promise((resolve) => page.socket.once('moving', resolve))
    const stopped = pair.a.hub.stop(1)
    await moving
    await update(pair.b, challenge, { challengeStatus: 'seen' })
    await page.version(2)
    const moved = openPage(pair.b.url, { token: waitToken })
    await moved.version(2)
    page.socket.disconnect()
    await stopped
    await update(pair.b, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    await moved.version(3)
  })

  it('leaves its approver and its backend to the other one, with what they were doing', async () => {
    await using pair = await startPair()
    const person = await openPerson(pair.a.url, pair.a.approver('ada'))
    const publisher = await openPublisher(pair.a.url, pair.a.backend())
    const closed = closing(publisher)
    const { challenge } = await create(pair.b, { approver: 'ada' })
    await person.requested.until(() => true)
    const polling = ask(publisher, 'poll', { challenge })
    polling.catch(() => undefined)
    await pair.a.stop()
    expect([await person.closed, await closed]).toEqual(['transport close', 'transport close'])
    const again = await openPerson(pair.b.url, pair.a.approver('ada'))
    expect(again.lists.heard[0]).toMatchObject([{ challenge }])
    const backend = await openPublisher(pair.b.url, pair.b.backend())
    const polled = ask(backend, 'poll', { challenge })
    expect(await again.approve(challenge)).toMatchObject({ ok: true })
    expect(await polled).toMatchObject({ challenge: { challengeStatus: 'approved', pollOutcome: 'complete' } })
    // What is decided elsewhere while one is away is not shown any more.
    expect((await call(pair.b, 'GET', '/v1/approvals', undefined, pair.b.approver('ada'))).body).toEqual([])
  })
})
