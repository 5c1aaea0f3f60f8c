import { afterEach, expect, it } from 'vitest'
import { call, create, startPair } from './pair.ts'
import { ask, hangUpAll, openPerson, openPublisher } from './sockets.ts'

afterEach(hangUpAll)

it('"not me" over a socket refuses whoever asks over another, until it is lifted', async () => {
  await using pair = await startPair()
  const person = await openPerson(pair.a.url, pair.a.approver('ada'))
  const publisher = await openPublisher(pair.b.url, pair.b.backend())
  const { challenge } = await create(pair.b, { approver: 'ada' })
  await person.requested.until(() => true)
  expect(await person.deny(challenge, { reason: 'not_me' })).toMatchObject({ ok: true })
  const refused = await ask(publisher, 'create', { approver: 'ada' })
  expect(refused).toEqual({
    ok: false,
    error: { code: 'approver_silenced', detail: expect.any(String), retryAfter: expect.any(Number) },
  })
  expect(refused.error?.retryAfter).toBeGreaterThan(590)
  expect(await ask(publisher, 'get', { challenge })).toMatchObject({
    challenge: { reason: 'not_me', decidedBy: 'ada' },
  })
  expect((await call(pair.a, 'DELETE', '/v1/approvers/ada/silence')).status).toBe(204)
  const created = await ask(publisher, 'create', { approver: 'ada' })
  await person.requested.until((approval) => approval.challenge === created.challenge?.challenge)
  // Nothing was shown to the person in between.
  expect(person.requested.heard).toHaveLength(2)
})
