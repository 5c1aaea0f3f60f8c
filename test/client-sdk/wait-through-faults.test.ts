import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, type WaitOptions, waitForStatus } from '../../client-sdk/index.ts'
import type { PageView } from '../../server/protocol/challenge.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { page, waitToken } from './samples.ts'
import { type Call, ScriptedHub } from './scripted-hub.ts'

let hub: ScriptedHub
let statuses: Recorder<PageView>
let connections: Recorder<Connection>

beforeEach(async () => {
  hub = await ScriptedHub.start()
  statuses = new Recorder()
  connections = new Recorder()
})
afterEach(() => hub.stop())

const wait = (options: Partial<WaitOptions> = {}) =>
  waitForStatus({
    url: hub.url,
    token: waitToken(),
    onStatus: statuses.listen,
    onConnection: connections.listen,
    ...options,
  })
const is = (wanted: Connection) => (connection: Connection) => connection === wanted
const isPoll = ({ path }: Call) => path.endsWith('/poll')
const isRead = ({ path }: Call) => path === `/v1/challenges/${page().challenge}`
const approve = () => hub.change({ challengeStatus: 'approved', isChallengeComplete: true })

describe('when WebSockets are blocked', () => {
  it('polls at once, says so, and answers on the change itself', async () => {
    hub.webSockets = 'refused'
    const outcome = wait()
    const poll = await hub.calls.until(isPoll, { within: 2000 })
    expect(poll.headers.authorization).toMatch(/^Bearer ey/)
    expect(Object.fromEntries(poll.query)).toEqual({ pollInterval: '2000', pollRetries: '5', since: '1' })
    await connections.until(is('polling'))
    const changedAt = performance.now()
    approve()
    expect((await outcome).challengeStatus).toBe('approved')
    expect(performance.now() - changedAt).toBeLessThan(1500)
    expect(connections.heard).toEqual(['polling'])
  })

  it('polls after 3 s when nobody says that they are', async () => {
    hub.webSockets = 'ignored'
    const began = performance.now()
    const outcome = wait()
    const read = await hub.calls.until(isRead)
    expect(read.at - began).toBeGreaterThan(2900)
    expect(read.at - began).toBeLessThan(5000)
    approve()
    await outcome
    expect(connections.heard).not.toContain('live')
  })

  it('polls again when a poll was exhausted, and goes on from the status it knows', async () => {
    hub.webSockets = 'refused'
    const outcome = wait({ until: 'complete', pollInterval: 100, pollRetries: 1 })
    await eventually(() => hub.calls.heard.filter(isPoll).length >= 3)
    hub.change({ challengeStatus: 'seen' })
    await hub.calls.until((call) => isPoll(call) && call.query.get('since') === '2')
    approve()
    expect((await outcome).version).toBe(3)
    expect(statuses.heard.map(({ version }) => version)).toEqual([1, 2, 3])
  })

  it('goes back to the socket when one can be had, and hangs up the poll', async () => {
    hub.webSockets = 'refused'
    const outcome = wait()
    const poll = await hub.calls.until(isPoll)
    hub.webSockets = 'welcome'
    await connections.until(is('live'))
    await eventually(() => poll.hungUp)
    approve()
    await outcome
    expect(connections.heard).toEqual(['polling', 'live'])
  })
})

describe('when the socket drops', () => {
  it.each([
    ['with its link', true],
    ['by the server alone', false],
  ])('%s: polls at once, and is back by itself', async (_how, close) => {
    const outcome = wait()
    await connections.until(is('live'))
    const [first] = hub.opened.heard
    hub.dropAll(close)
    await hub.calls.until(isRead, { within: 2000 })
    await hub.opened.until(({ id }) => id !== first?.id)
    approve()
    expect((await outcome).challengeStatus).toBe('approved')
  })

  it('tells what happened meanwhile, though every road but one is closed', async () => {
    const outcome = wait({ until: 'complete' })
    await connections.until(is('live'))
    hub.webSockets = 'refused'
    hub.dropAll()
    hub.change({ challengeStatus: 'seen' })
    await statuses.until(({ challengeStatus }) => challengeStatus === 'seen')
    await connections.until(is('polling'))
    hub.webSockets = 'welcome'
    await connections.until((connection) => connection === 'live' && connections.heard.length === 3)
    approve()
    await outcome
    expect(connections.heard).toEqual(['live', 'polling', 'live'])
    expect(statuses.heard.map(({ version }) => version)).toEqual([1, 2, 3])
  })

  it('begins its back-off anew when the socket had lived for long', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    hub.webSockets = 'refused'
    const outcome = wait()
    const sockets = () => hub.urls.heard.filter((url) => url.startsWith('/socket.io/'))
    await eventually(() => sockets().length === 2)
    hub.webSockets = 'welcome'
    await connections.until(is('live'))
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 6000)
    const droppedAt = now()
    hub.dropAll()
    await eventually(() => hub.opened.heard.length === 2)
    // Two failures more would make it 2 s.
    expect(now() - droppedAt).toBeLessThan(1500)
    approve()
    await outcome
  })

  it('says that it is offline when neither road works, and comes back', async () => {
    await using proxy = await startProxy(hub.url)
    const outcome = wait({ url: proxy.url })
    await connections.until(is('live'))
    await proxy.refuse()
    proxy.cut()
    await connections.until(is('offline'))
    approve()
    await proxy.accept()
    expect((await outcome).challengeStatus).toBe('approved')
  })

  it('says that it is offline within 6 s when nobody answers at all', async () => {
    await using proxy = await startProxy(hub.url)
    proxy.blackhole(true)
    const abort = new AbortController()
    const outcome = wait({ url: proxy.url, signal: abort.signal })
    await connections.until(is('offline'), { within: 9000 })
    abort.abort()
    await expect(outcome).rejects.toThrow()
  })

  it('notices a half-open link by the heartbeats, and polls at once', async () => {
    await hub.stop()
    hub = await ScriptedHub.start({ pingInterval: 300, pingTimeout: 200 })
    await using proxy = await startProxy(hub.url)
    const outcome = wait({ url: proxy.url })
    await connections.until(is('live'))
    proxy.blackhole(true)
    proxy.blackhole(false)
    hub.webSockets = 'refused'
    approve()
    const began = performance.now()
    expect((await outcome).challengeStatus).toBe('approved')
    expect(performance.now() - began).toBeLessThan(2500)
    expect(hub.calls.heard.some(isRead)).toBe(true)
  })
})

describe('when the hub has too much to do', () => {
  it('does not knock at its sockets before retryAfter is over', async () => {
    hub.refusal = { code: 'overloaded', detail: 'Later.', retryAfter: 1 }
    const outcome = wait()
    await hub.handshakes.until(() => true)
    hub.refusal = undefined
    await connections.until(is('live'))
    const [first, second] = hub.handshakes.heard
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1000)
    approve()
    await outcome
  })

  it.each([
    ['503', { problem: { code: 'store_unavailable', detail: 'Later.', retryAfter: 1 } }],
    ['429', { problem: { code: 'too_many_requests', detail: 'Later.', retryAfter: 1 } }],
    ["a proxy's 503", { bare: 503, retryAfter: 1 }],
  ] as const)('does not poll before Retry-After is over: %s', async (_name, fault) => {
    hub.webSockets = 'refused'
    hub.faults.push(fault)
    const outcome = wait()
    await hub.calls.until(isPoll)
    const [refused, read] = hub.calls.heard
    expect((read?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThan(1000)
    expect(connections.heard).toEqual(['offline', 'polling'])
    approve()
    await outcome
  })

  it('goes on after a poll that was cut', async () => {
    hub.webSockets = 'refused'
    hub.faults.push('cut', 'cut')
    const outcome = wait()
    await hub.calls.until(isPoll)
    approve()
    await outcome
    expect(connections.heard).toEqual(['offline', 'polling'])
  })

  it('asks elsewhere, at once and without a word, when an instance that shuts down ends its poll', async () => {
    hub.webSockets = 'refused'
    const outcome = wait({ pollInterval: 100, pollRetries: 1 })
    await connections.until(is('polling'))
    hub.faults.push({ problem: { code: 'draining', detail: 'Elsewhere.', retryAfter: 1 } })
    await eventually(() => hub.faults.length === 0)
    const polled = hub.calls.heard.length
    await eventually(() => hub.calls.heard.length > polled, { within: 900 })
    expect(hub.calls.heard.slice(1).every(isPoll)).toBe(true)
    approve()
    await outcome
    expect(connections.heard).toEqual(['polling'])
  })

  it('does not ask in a tight loop a hub that always says changed', async () => {
    hub.webSockets = 'refused'
    hub.view = page({ version: 3, statusVersion: 3 })
    const outcome = wait({ until: 'complete', pollInterval: 200 })
    await hub.calls.until(isPoll)
    hub.view = page({ version: 2, statusVersion: 4 })
    hub.change({})
    hub.view = page({ version: 3, statusVersion: 4 })
    const before = hub.calls.heard.length
    const began = performance.now()
    await eventually(() => hub.calls.heard.length >= before + 3)
    expect(performance.now() - began).toBeGreaterThan(350)
    hub.view = page({ version: 5, statusVersion: 5, isChallengeComplete: true })
    await outcome
  })
})
