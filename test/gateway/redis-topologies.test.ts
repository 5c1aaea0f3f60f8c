import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { startSentinel } from '../support/redis-sentinel.ts'
import { call, create, stats, update } from './pair.ts'
import { hangUpAll, openPage, openPerson } from './sockets.ts'

/** What crosses instances, on every way Redis can be run; on a single server all other tests show it. */
describe.each([
  ['behind Sentinels', startSentinel],
  ['as a cluster', startCluster],
] as const)('two instances on Redis %s', (_name, start) => {
  let redis: Awaited<ReturnType<typeof start>>
  let a: RunningHub
  let b: RunningHub
  beforeAll(async () => {
    redis = await start()
    ;[a, b] = await Promise.all([startHub({ REDIS_URL: redis.url }), startHub({ REDIS_URL: redis.url })])
  }, 60_000)
  afterAll(async () => {
    await Promise.all([a.stop(), b.stop()])
    await redis.stop()
  })
  afterEach(hangUpAll)

  it('takes a challenge from the backend here to the page there, the phone and back', async () => {
    const opened = await Promise.all(Array.from({ length: 12 }, (_, at) => create(a, { approver: `user-${at}` })))
    const pages = opened.map(({ waitToken }) => openPage(b.url, { token: waitToken }))
    await Promise.all(pages.map((page) => page.version(1)))
    for (const [at, { challenge }] of opened.entries()) {
      if (at % 2) await update(a, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
      else
        expect(await (await openPerson(a.url, a.approver(`user-${at}`))).approve(challenge)).toMatchObject({ ok: true })
    }
    const ends = await Promise.all(pages.map((page) => page.version(2)))
    expect(ends.map(({ challengeStatus }) => challengeStatus)).toEqual(opened.map(() => 'approved'))
  })

  it('counts over both, and cuts a person off on both', async () => {
    const people = await Promise.all([a, b].map((hub) => openPerson(hub.url, hub.approver('ada'))))
    await eventually(async () => {
      expect(await stats(a)).toMatchObject({ approvers: 2, instances: { answered: 2, expected: 2 } })
    })
    expect(await call(b, 'DELETE', '/v1/approvers/ada/connections')).toMatchObject({ status: 204 })
    for (const { closed } of people) expect(await closed).toBe('io server disconnect')
  })
})
