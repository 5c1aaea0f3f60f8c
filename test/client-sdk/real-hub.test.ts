import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Approver,
  type ApproverOptions,
  type AssentError,
  type Backend,
  type Connection,
  connectApprover,
  createBackend,
  waitForStatus,
} from '../../client-sdk/index.ts'
import type { ApprovalView, PageView } from '../../server/protocol/challenge.ts'
import { startBalancer } from '../support/balancer.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { Recorder } from '../support/recorder.ts'
import { startRedis } from '../support/redis-server.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** How a proxy that has never heard of WebSocket answers. */
const NO_UPGRADE = Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')

let hub: RunningHub
let proxy: TcpProxy
let backend: Backend
let approvers: Approver[]

beforeEach(async () => {
  hub = await startHub()
  proxy = await startProxy(hub.url)
  proxy.filter((chunk) => (chunk.includes('101 Switching Protocols') ? NO_UPGRADE : true))
  backend = createBackend({ url: hub.url, token: hub.backend() })
  approvers = []
})
afterEach(async () => {
  for (const approver of approvers) approver.close()
  await proxy.stop()
  await hub.stop()
})

const ask = (options = {}) => backend.createChallenge({ approver: 'ada', display: { title: 'Sign on' }, ...options })
const connect = (url: string, options: Partial<ApproverOptions> = {}) => {
  const lists = new Recorder<readonly ApprovalView[]>()
  const approver = connectApprover({
    url,
    token: hub.approver('ada'),
    onPending: lists.listen,
    pollInterval: 100,
    ...options,
  })
  approvers.push(approver)
  const shown = (challenge: string) => lists.until((list) => list.some((each) => each.challenge === challenge))
  return { approver, lists, shown }
}
const isEmpty = (list: readonly ApprovalView[]) => list.length === 0
/** The page and the person, over sockets or through a proxy that knows none. */
const roads = [
  ['over sockets', () => hub.url, 'live'],
  ['over HTTP', () => proxy.url, 'polling'],
] as const

describe.each(roads)('%s', (_name, url, connection) => {
  it.each(['approve', 'deny'] as const)(
    'a person can %s, and the page and the backend hear of it',
    async (decision) => {
      const connections = new Recorder<Connection>()
      const { challenge, waitToken } = await ask()
      const outcome = waitForStatus({ url: url(), token: waitToken, onConnection: connections.listen })
      const { approver, lists, shown } = connect(url())
      await connections.until((each) => each === connection)
      await shown(challenge)

      const heard = backend.waitForChange(challenge)
      const decided = await approver[decision](challenge, { reason: 'because' })
      const challengeStatus = decision === 'approve' ? 'approved' : 'denied'
      expect(decided).toMatchObject({ challenge, challengeStatus, isChallengeComplete: true })
      expect(await outcome).toMatchObject({ challenge, challengeStatus })
      expect(await heard).toMatchObject({ challenge, challengeStatus, decidedBy: 'ada', reason: 'because' })
      await lists.until(isEmpty)
      expect(connections.heard).toEqual([connection])
    },
  )

  it.each(['because', 'not_me'])('a denial is the end of it: nobody is asked again (%s)', async (reason) => {
    const requested = new Recorder<ApprovalView>()
    const { challenge, waitToken } = await ask()
    const outcome = waitForStatus({ url: url(), token: waitToken })
    const { approver, lists, shown } = connect(url(), { onRequested: requested.listen })
    await shown(challenge)
    const heard = backend.waitForChange(challenge, { until: 'complete' })
    await approver.deny(challenge, { reason })
    expect(await outcome).toMatchObject({ challengeStatus: 'denied' })
    expect(await heard).toMatchObject({ challengeStatus: 'denied', reason })
    if (reason === 'not_me') {
      await expect(ask()).rejects.toMatchObject({ code: 'approver_silenced' })
      expect(await backend.getApprover('ada')).toMatchObject({ pending: 0, silencedUntil: expect.any(Number) })
      await backend.liftSilence('ada')
    }
    // Whatever had been asked by itself would have come before this one.
    const next = await ask()
    await lists.until((list) => list.some((each) => each.challenge === next.challenge))
    expect(requested.heard.map((each) => each.challenge)).toEqual([challenge, next.challenge])
    expect(await backend.getApprover('ada')).toEqual({ approver: 'ada', pending: 1 })
  })

  it('the page hears of every step, in order, and waits for the last', async () => {
    const connections = new Recorder<Connection>()
    const statuses = new Recorder<PageView>()
    const { challenge, waitToken } = await ask()
    const outcome = waitForStatus({
      url: url(),
      token: waitToken,
      until: 'complete',
      onStatus: statuses.listen,
      onConnection: connections.listen,
    })
    await connections.until((each) => each === connection)
    for (const challengeStatus of ['seen', 'typing']) {
      await backend.updateChallenge(challenge, { challengeStatus })
      await statuses.until((view) => view.challengeStatus === challengeStatus)
    }
    await backend.updateChallenge(challenge, { challengeStatus: 'done', isChallengeComplete: true })
    expect((await outcome).challengeStatus).toBe('done')
    expect(statuses.heard.map(({ version }) => version)).toEqual([1, 2, 3, 4])
  })

  it('the page hears that time is up', async () => {
    const { waitToken } = await ask({ challengeTimeout: 1 })
    const outcome = waitForStatus({ url: url(), token: waitToken })
    expect(await outcome).toMatchObject({ challengeStatus: 'timed_out', isChallengeComplete: true })
  })

  it('the page comes late, and is told at once', async () => {
    const { challenge, waitToken } = await ask()
    await backend.updateChallenge(challenge, { challengeStatus: 'approved', isChallengeComplete: true })
    expect((await waitForStatus({ url: url(), token: waitToken })).challengeStatus).toBe('approved')
  })

  it('only the number on the page approves', async () => {
    const { challenge, waitToken, number } = await ask({ numberMatching: 2 })
    const statuses = new Recorder<PageView>()
    const outcome = waitForStatus({ url: url(), token: waitToken, onStatus: statuses.listen })
    expect((await statuses.until(() => true)).number).toBe(number)
    const { approver, shown } = connect(url())
    expect(await shown(challenge)).toMatchObject([{ challenge, numberMatching: 2 }])
    const wrong = approver.approve(challenge, { number: number === '11' ? '22' : '11' })
    await expect(wrong).rejects.toMatchObject({ code: 'number_mismatch', attemptsRemaining: 2 })
    await approver.approve(challenge, { number: number ?? '' })
    expect((await outcome).challengeStatus).toBe('approved')
  })

  it('the second to decide is told what stands; a repeat of the first is none', async () => {
    const { challenge } = await ask()
    const first = connect(url())
    const second = connect(url())
    await Promise.all([first.shown(challenge), second.shown(challenge)])
    await first.approver.deny(challenge)
    await expect(second.approver.approve(challenge)).rejects.toMatchObject({
      code: 'challenge_complete',
      record: { challenge, challengeStatus: 'denied' },
    })
    expect((await first.approver.deny(challenge)).challengeStatus).toBe('denied')
    await second.lists.until(isEmpty)
  })

  it.each([
    ['a forged token', () => `${hub.approver('ada').slice(0, -3)}AAA`, 'invalid_token'],
    ['an expired token', () => hub.token({ scope: 'challenges:approve', sub: 'ada' }, -60), 'expired_token'],
    ["a backend's token", () => hub.backend(), 'insufficient_scope'],
  ] as const)('the person is told that %s is no longer allowed', async (_what, token, code) => {
    const errors = new Recorder<AssentError>()
    const connections = new Recorder<Connection>()
    connect(url(), { token: token(), onError: errors.listen, onConnection: connections.listen })
    await errors.until((error) => error.code === code)
    expect(connections.heard).toEqual(['offline'])
  })

  it('a page with a token for a challenge that is not there is told so', async () => {
    const token = hub.token({ scope: 'challenges:wait', challenge: 'n'.repeat(43), since: 1 })
    await expect(waitForStatus({ url: url(), token })).rejects.toMatchObject({ code: 'challenge_not_found' })
  })
})

it('a page whose link is cut again and again misses nothing', async () => {
  await using line = await startProxy(hub.url)
  const { challenge, waitToken } = await ask()
  const statuses = new Recorder<PageView>()
  const outcome = waitForStatus({ url: line.url, token: waitToken, until: 'complete', onStatus: statuses.listen })
  for (let step = 1; step <= 8; step++) {
    const { version } = await backend.updateChallenge(challenge, { challengeStatus: `step ${step}` })
    line.cut()
    await statuses.until((view) => view.version === version)
  }
  await backend.updateChallenge(challenge, { isChallengeComplete: true })
  await outcome
  const versions = statuses.heard.map(({ version }) => version)
  expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b))
})

it('a person thrown out by the backend is told', async () => {
  const errors = new Recorder<AssentError>()
  const connections = new Recorder<Connection>()
  connect(hub.url, { onError: errors.listen, onConnection: connections.listen })
  await connections.until((each) => each === 'live')
  const headers = { authorization: `Bearer ${hub.backend()}` }
  await fetch(`${hub.url}/v1/approvers/ada/connections`, { method: 'DELETE', headers })
  await errors.until((error) => error.isFinal)
})

it('the same Idempotency-Key is the same challenge', async () => {
  const [first, second] = await Promise.all([1, 2].map(() => backend.createChallenge({}, { idempotencyKey: 'one' })))
  expect(first?.challenge).toBe(second?.challenge)
  const other = backend.createChallenge({ challengeTimeout: 7 }, { idempotencyKey: 'one' })
  await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused', status: 422 })
})

it('a wrong field is named', async () => {
  await expect(ask({ challengeTimeout: 0 })).rejects.toMatchObject({
    code: 'invalid_request',
    errors: [{ path: 'challengeTimeout' }],
  })
})

it('a page and a person move to another instance without a gap when theirs stops', async () => {
  const redis = await startRedis()
  const hubs = await Promise.all([1, 2].map(() => startHub({ REDIS_URL: redis.url })))
  const [old, next] = hubs as [RunningHub, RunningHub]
  const [oldPort = 0, nextPort = 0] = hubs.map(({ url }) => Number(new URL(url).port))
  const balancer = await startBalancer([oldPort, nextPort])
  try {
    const { url } = balancer
    const requester = createBackend({ url: next.url, token: next.backend() })
    const { challenge, waitToken } = await requester.createChallenge({ approver: 'ada', display: { title: 'Sign on' } })
    const connections = new Recorder<Connection>()
    const outcome = waitForStatus({ url, token: waitToken, onConnection: connections.listen })
    const { approver, shown } = connect(url, { token: old.approver('ada'), onConnection: connections.listen })
    await shown(challenge)
    await connections.until(() => connections.heard.length === 2)

    balancer.prefer(nextPort)
    // In the middle of the time there is: whoever is asked to move at its very end is dropped first.
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    await old.hub.stop(0.5)
    await approver.approve(challenge)
    expect((await outcome).challengeStatus).toBe('approved')
    expect(connections.heard).toEqual(['live', 'live'])
  } finally {
    await balancer.stop()
    await Promise.all(hubs.map((each) => each.stop()))
    await redis.stop()
  }
})
