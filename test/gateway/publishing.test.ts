import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { call, create, stats, update } from './pair.ts'
import { ask, hangUpAll, openPage, openPublisher } from './sockets.ts'
import { type World, worlds } from './worlds.ts'

const UNKNOWN = 'n'.repeat(43)

afterEach(hangUpAll)

describe.each(worlds)('/publishing: %s', (_name, start) => {
  let world: World
  beforeAll(async () => {
    world = await start()
  })
  afterAll(() => world.stop())
  const connect = () => openPublisher(world.here.url, world.here.backend())

  it('create, get, update, poll: seed 000’s four capabilities', async () => {
    const publisher = await connect()
    const body = {
      challengeStatus: 'begun',
      challengeTimeout: '60',
      updatedByFlowId: 'flow-1',
      claimsNameValuePairs: [{ name: 'colour', value: 'blue' }],
      approver: 'ada',
      display: { title: 'Sign on' },
      numberMatching: '6',
    }
    const created = await ask(publisher, 'create', body)
    expect(created).toEqual({
      ok: true,
      waitToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      challenge: {
        challenge: expect.stringMatching(/^[\w-]{43}$/),
        challengeStatus: 'begun',
        isChallengeComplete: false,
        updateByFlowId: 'flow-1',
        createdDate: expect.any(Number),
        statusUpdatedDate: expect.any(Number),
        expiresDate: expect.any(Number),
        version: 1,
        statusVersion: 1,
        claimsNameValuePairs: body.claimsNameValuePairs,
        approver: 'ada',
        display: body.display,
        number: expect.stringMatching(/^\d{6}$/),
      },
    })
    const { number, ...known } = created.challenge ?? { challenge: '', expiresDate: 0, createdDate: 0 }
    const { challenge } = known
    expect(known.expiresDate - known.createdDate).toBe(60_000)

    const page = openPage(world.there.url, { token: created.waitToken ?? '' })
    expect((await page.version(1)).number).toBe(number)
    expect(await ask(publisher, 'get', { challenge })).toEqual({ ok: true, challenge: known })

    const polled = ask(publisher, 'poll', { challenge, pollInterval: '60000', pollRetries: 10 })
    const updated = await ask(publisher, 'update', { challenge, challengeStatus: 'seen', updatedByFlowId: 'flow-2' })
    expect(updated).toMatchObject({
      ok: true,
      challenge: { challengeStatus: 'seen', updateByFlowId: 'flow-2', version: 2 },
    })
    expect(updated.challenge).not.toHaveProperty('number')
    expect(await page.version(2)).toMatchObject({ challengeStatus: 'seen' })
    // Whichever of the two came first.
    const { challenge: found } = await polled
    expect(found).toMatchObject({ challengeStatus: 'seen', pollOutcome: 'changed' })
    expect((await call(world.there, 'GET', `/v1/challenges/${challenge}`)).body).toEqual(updated.challenge)
  })

  it('nothing said is everything by default', async () => {
    const publisher = await connect()
    for (const answer of [await ask(publisher, 'create'), await ask(publisher, 'create', {})]) {
      const { challenge } = answer
      expect(challenge).toMatchObject({
        challengeStatus: 'started',
        isChallengeComplete: false,
        claimsNameValuePairs: [],
      })
      expect((challenge?.expiresDate ?? 0) - (challenge?.createdDate ?? 0)).toBe(300_000)
    }
  })

  it('a complete one does not change: the record as it stands is told', async () => {
    const publisher = await connect()
    const { challenge } = await create(world.there)
    await update(world.there, challenge, { challengeStatus: 'denied', isChallengeComplete: true })
    const { challenge: stands } = await ask(publisher, 'get', { challenge })
    for (const change of [{}, { challengeStatus: 'approved' }, { isChallengeComplete: true }]) {
      expect(await ask(publisher, 'update', { challenge, ...change })).toEqual({
        ok: false,
        error: { code: 'challenge_complete', detail: expect.any(String) },
        record: stands,
      })
    }
  })

  it('poll: exhausted, complete, since, and unknown', async () => {
    const publisher = await connect()
    const { challenge } = await create(world.there)
    const poll = async (query: object) => (await ask(publisher, 'poll', { challenge, ...query })).challenge
    expect(await poll({ pollInterval: 100, pollRetries: 2 })).toMatchObject({ version: 1, pollOutcome: 'exhausted' })
    expect(await poll({ pollRetries: 0 })).toMatchObject({ pollOutcome: 'exhausted' })
    await update(world.there, challenge, { challengeStatus: 'seen' })
    expect(await poll({ since: 1 })).toMatchObject({ pollOutcome: 'changed', statusVersion: 2 })
    const waiting = [poll({ since: 2 }), poll({ since: '2' })]
    await update(world.there, challenge, { claimsNameValuePairs: [{ name: 'a', value: 'b' }] })
    await update(world.there, challenge, { isChallengeComplete: true })
    for (const found of await Promise.all(waiting)) expect(found).toMatchObject({ pollOutcome: 'complete', version: 4 })
    expect(await ask(publisher, 'poll', { challenge: UNKNOWN })).toMatchObject({
      error: { code: 'challenge_not_found' },
    })
  })

  it('a poll ends when its socket leaves, and leaves no watch behind', async () => {
    const publisher = await connect()
    const made = await Promise.all(Array.from({ length: 20 }, () => create(world.there)))
    await eventually(async () => expect((await stats(world.here)).watches).toBe(0))
    const polls = made.map(({ challenge }) =>
      ask(publisher, 'poll', { challenge, pollInterval: 60_000, pollRetries: 10 }),
    )
    for (const poll of polls) poll.catch(() => undefined)
    await eventually(async () => expect((await stats(world.here)).watches).toBe(20))
    publisher.disconnect()
    await eventually(async () => expect((await stats(world.here)).watches).toBe(0))
  })
})
