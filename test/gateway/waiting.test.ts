import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, create, update } from './pair.ts'
import { dial, hangUpAll, openPage, refusal } from './sockets.ts'
import { type World, worlds } from './worlds.ts'

/** What every viewer sees of a challenge without options. */
const COMMON = [
  'challenge',
  'challengeStatus',
  'createdDate',
  'expiresDate',
  'isChallengeComplete',
  'statusUpdatedDate',
  'statusVersion',
  'version',
]

// Not after each test: they run side by side.
afterAll(hangUpAll)

// Each test has challenges of its own, so they need not wait for one another.
describe.each(worlds)('/waiting: %s', { concurrent: true }, (_name, start) => {
  let world: World
  beforeAll(async () => {
    world = await start()
  })
  afterAll(() => world.stop())

  it('tells how things stand at once, without being asked', async () => {
    const { challenge, waitToken } = await create(world.there, { updatedByFlowId: 'flow-7' })
    const page = openPage(world.here.url, { token: waitToken })
    const first = await page.statuses.until(() => true)
    expect(Object.keys(first).sort()).toEqual([...COMMON, 'serverDate', 'updateByFlowId'].sort())
    expect(first).toMatchObject({
      challenge,
      challengeStatus: 'started',
      isChallengeComplete: false,
      updateByFlowId: 'flow-7',
      version: 1,
      statusVersion: 1,
    })
    expect(first.expiresDate - first.createdDate).toBe(300_000)
  })

  it('tells every newer version, in order; claims alone leave the statusVersion as it was', async () => {
    const { challenge, waitToken } = await create(world.there)
    const page = openPage(world.here.url, { token: waitToken })
    await page.version(1)
    await update(world.there, challenge, { challengeStatus: 'seen' })
    await update(world.there, challenge, { claimsNameValuePairs: [{ name: 'colour', value: 'blue' }] })
    await update(world.there, challenge, { updatedByFlowId: 'flow-8' })
    // Changes nothing: no version, no news.
    expect(await update(world.there, challenge, { challengeStatus: 'seen' })).toMatchObject({ version: 4 })
    await update(world.there, challenge, { challengeStatus: 'typing' })
    await update(world.there, challenge, { challengeStatus: 'seen' })
    await page.version(6)
    const heard = page.statuses.heard
    expect(heard.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6])
    expect(heard.map(({ statusVersion }) => statusVersion)).toEqual([1, 2, 2, 2, 5, 6])
    expect(heard.map(({ challengeStatus }) => challengeStatus).slice(1)).toEqual([
      'seen',
      'seen',
      'seen',
      'typing',
      'seen',
    ])
    expect(heard[2]?.statusUpdatedDate).toBe(heard[1]?.statusUpdatedDate)
    expect(heard[3]).toMatchObject({ updateByFlowId: 'flow-8' })
    expect(heard.every((status) => !('claimsNameValuePairs' in status))).toBe(true)
  })

  it('forty updates at once arrive once each and in order', async () => {
    const { challenge, waitToken } = await create(world.there)
    const pages = [1, 2, 3].map(() => openPage(world.here.url, { token: waitToken }))
    await Promise.all(pages.map((page) => page.version(1)))
    await Promise.all(
      Array.from({ length: 40 }, (_, at) => update(world.there, challenge, { challengeStatus: `word ${at}` })),
    )
    for (const page of pages) {
      await page.version(41)
      expect(page.versions(challenge)).toEqual(Array.from({ length: 41 }, (_, at) => at + 1))
    }
  })

  it.each(['approved', 'denied', 'some other word'])(
    'tells that it ended as "%s", and closes only then',
    async (word) => {
      const { challenge, waitToken } = await create(world.there)
      const page = openPage(world.here.url, { token: waitToken })
      await page.version(1)
      await update(world.there, challenge, { challengeStatus: word, isChallengeComplete: true })
      expect(await page.version(2)).toMatchObject({
        challengeStatus: word,
        isChallengeComplete: true,
        statusVersion: 2,
      })
      const toldAt = performance.now()
      expect(page.socket.connected).toBe(true)
      expect(await page.closed).toBe('io server disconnect')
      expect(performance.now() - toldAt).toBeGreaterThan(300)
      expect(performance.now() - toldAt).toBeLessThan(4_000)
      expect(page.versions(challenge)).toEqual([1, 2])
    },
  )

  it('completion without another word is told too', async () => {
    const { challenge, waitToken } = await create(world.there)
    const page = openPage(world.here.url, { token: waitToken })
    await page.version(1)
    await update(world.there, challenge, { isChallengeComplete: true })
    expect(await page.version(2)).toMatchObject({
      challengeStatus: 'started',
      isChallengeComplete: true,
      statusVersion: 1,
    })
  })

  it('a page that comes late learns how it ended', async () => {
    const { challenge, waitToken } = await create(world.there)
    await update(world.there, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    const page = openPage(world.here.url, { token: waitToken })
    expect(await page.version(2)).toMatchObject({ challengeStatus: 'approved', isChallengeComplete: true })
    expect(await page.closed).toBe('io server disconnect')
    expect(page.versions(challenge)).toEqual([2])
  })

  it('an approval reaches the page, without who decided and why', async () => {
    const { challenge, waitToken } = await create(world.there, { approver: 'ada', display: { title: 'Sign on' } })
    const page = openPage(world.here.url, { token: waitToken })
    await page.version(1)
    const decision = { decision: 'approve', reason: 'it is me' }
    const path = `/v1/approvals/${challenge}`
    expect((await call(world.there, 'POST', path, decision, world.there.approver('ada'))).status).toBe(200)
    const status = await page.version(2)
    expect(status.challengeStatus).toBe('approved')
    expect(Object.keys(status).sort()).toEqual([...COMMON, 'serverDate'].sort())
  })

  it('shows the number to pages, and to nobody else who waits', async () => {
    const created = await create(world.there, { approver: 'ada', numberMatching: 6 })
    const { challenge, waitToken, number } = created
    expect(number).toMatch(/^\d{6}$/)
    const page = openPage(world.here.url, { token: waitToken })
    const backend = openPage(world.here.url, { token: world.here.backend(), challenge })
    expect((await page.version(1)).number).toBe(number)
    await backend.version(1)
    await update(world.there, challenge, { challengeStatus: 'seen' })
    expect((await page.version(2)).number).toBe(number)
    await backend.version(2)
    expect(JSON.stringify(backend.statuses.heard)).not.toContain(number)
    expect(backend.statuses.heard.some((status) => 'number' in status)).toBe(false)
  })

  it('a backend waits with its own token when it says on what, and sees what backends see', async () => {
    const claimsNameValuePairs = [{ name: 'colour', value: 'blue' }]
    const { challenge } = await create(world.there, { claimsNameValuePairs, approver: 'ada' })
    const reader = world.here.token({ scope: 'challenges:read', sub: 'a-reader' })
    const backend = openPage(world.here.url, { token: reader, challenge })
    expect(await backend.version(1)).toMatchObject({ challenge, claimsNameValuePairs, approver: 'ada' })
    await update(world.there, challenge, { claimsNameValuePairs: [] })
    expect(await backend.version(2)).toMatchObject({ claimsNameValuePairs: [], statusVersion: 1 })
    await update(world.there, challenge, { challengeStatus: 'done', isChallengeComplete: true })
    await backend.version(3)
    expect(await backend.closed).toBe('io server disconnect')
  })

  it('a backend that does not say on what is told so', async () => {
    const { data } = await refusal(dial(world.here.url, '/waiting', { token: world.here.backend() }))
    expect(data).toMatchObject({ code: 'invalid_request', detail: expect.stringContaining('challenge') })
  })

  it('a page hears nothing of any challenge but its own', async () => {
    const mine = await create(world.there)
    const other = await create(world.there)
    const page = openPage(world.here.url, { token: mine.waitToken })
    const neighbour = openPage(world.here.url, { token: other.waitToken })
    await Promise.all([page.version(1), neighbour.version(1)])
    await update(world.there, other.challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    await neighbour.version(2)
    await update(world.there, mine.challenge, { challengeStatus: 'seen' })
    await page.version(2)
    expect(page.statuses.heard.map(({ challenge }) => challenge)).toEqual([mine.challenge, mine.challenge])
  })
})
