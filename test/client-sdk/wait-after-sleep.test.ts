import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, waitForStatus } from '../../client-sdk/index.ts'
import { eventually } from '../support/eventually.ts'
import { lifeline } from '../support/lifeline.ts'
import { Recorder } from '../support/recorder.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { page, waitToken } from './samples.ts'
import { type Call, ScriptedHub } from './scripted-hub.ts'

const FROZEN_PAGE = fileURLToPath(new URL('frozen-page.ts', import.meta.url))

let hub: ScriptedHub
let connections: Recorder<Connection>
let document: EventTarget

beforeEach(async () => {
  hub = await ScriptedHub.start()
  connections = new Recorder()
  document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  vi.stubGlobal('document', document)
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await hub.stop()
})

const wait = (url = hub.url, signal?: AbortSignal) =>
  waitForStatus({ url, token: waitToken(), onConnection: connections.listen, signal })
const is = (wanted: Connection) => (connection: Connection) => connection === wanted
const isRead = ({ path }: Call) => path === `/v1/challenges/${page().challenge}`
const isPoll = ({ path }: Call) => path.endsWith('/poll')
const approve = () => hub.change({ challengeStatus: 'approved', isChallengeComplete: true })
const wake = () => document.dispatchEvent(new Event('visibilitychange'))

describe('a page that wakes', () => {
  it('reads at once what a socket that only seems to live has not told', async () => {
    const outcome = wait()
    await connections.until(is('live'))
    hub.pushes = false
    approve()
    wake()
    const wokeAt = performance.now()
    expect((await outcome).challengeStatus).toBe('approved')
    expect(performance.now() - wokeAt).toBeLessThan(1000)
  })

  it('replaces a socket that has told less than the hub knows', async () => {
    const outcome = wait()
    await connections.until(is('live'))
    const [old] = hub.opened.heard
    hub.pushes = false
    hub.change({ updateByFlowId: 'another' })
    wake()
    await hub.opened.until(({ id }) => id !== old?.id)
    hub.pushes = true
    await eventually(() => hub.openSockets === 1)
    approve()
    await outcome
  })

  it('keeps a socket that has told everything, and asks once however often it is woken', async () => {
    const outcome = wait()
    await connections.until(is('live'))
    for (let i = 0; i < 5; i++) wake()
    await hub.calls.until(isRead)
    approve()
    await outcome
    expect(hub.calls.heard.length).toBe(1)
    expect(hub.opened.heard.length).toBe(1)
  })

  it('keeps the socket when the hub answers that it is busy', async () => {
    const outcome = wait()
    await connections.until(is('live'))
    hub.faults.push({ problem: { code: 'store_unavailable', detail: 'Later.' } })
    wake()
    await hub.calls.until(isRead)
    approve()
    await outcome
    expect(hub.opened.heard.length).toBe(1)
  })

  it('gives up a socket that has been silent for more than 15 s, without asking', async () => {
    await using proxy = await startProxy(hub.url)
    const outcome = wait(proxy.url)
    await connections.until(is('live'))
    proxy.blackhole(true)
    proxy.blackhole(false)
    hub.fault = 'silence'
    approve()
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 60_000)
    wake()
    const wokeAt = now()
    expect((await outcome).challengeStatus).toBe('approved')
    expect(now() - wokeAt).toBeLessThan(1000)
  })

  it('gives up a socket when HTTP finds nobody either, and says so', async () => {
    await using proxy = await startProxy(hub.url)
    const outcome = wait(proxy.url)
    await connections.until(is('live'))
    proxy.blackhole(true)
    wake()
    await connections.until(is('offline'), { within: 9000 })
    approve()
    proxy.blackhole(false)
    const wokeAt = performance.now()
    wake()
    expect((await outcome).challengeStatus).toBe('approved')
    expect(performance.now() - wokeAt).toBeLessThan(1000)
  })

  it('gives up an attempt that has been hanging', async () => {
    hub.webSockets = 'ignored'
    hub.fault = 'silence'
    const outcome = wait()
    await connections.until(is('offline'), { within: 9000 })
    hub.webSockets = 'welcome'
    wake()
    await connections.until(is('live'), { within: 2000 })
    approve()
    await outcome
  })

  it('polls anew when it was polling: the held poll may be dead', async () => {
    hub.webSockets = 'refused'
    const outcome = wait()
    const held = await hub.calls.until(isPoll)
    wake()
    await hub.calls.until((call) => isPoll(call) && call !== held)
    await eventually(() => held.hungUp)
    approve()
    await outcome
  })

  it('does not wait for its back-off', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    hub.webSockets = 'refused'
    hub.fault = 'cut'
    const outcome = wait()
    await eventually(() => hub.calls.heard.length >= 4)
    hub.webSockets = 'welcome'
    hub.fault = undefined
    const wokeAt = performance.now()
    wake()
    await connections.until(is('live'))
    expect(performance.now() - wokeAt).toBeLessThan(1500)
    approve()
    await outcome
  })

  it('leaves a hub alone that asked for it', async () => {
    hub.refusal = { code: 'overloaded', detail: 'Later.', retryAfter: 1 }
    hub.faults.push({ problem: { code: 'overloaded', detail: 'Later.', retryAfter: 1 } })
    const outcome = wait()
    await connections.until(is('offline'))
    hub.refusal = undefined
    for (let i = 0; i < 5; i++) wake()
    await connections.until(is('live'))
    const gaps = [hub.handshakes.heard, hub.calls.heard].map((heard) => (heard[1]?.at ?? 1e9) - (heard[0]?.at ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThan(1000)
    approve()
    await outcome
  })

  it('ends when waking shows that the token is no longer allowed', async () => {
    const outcome = wait()
    await connections.until(is('live'))
    hub.fault = { problem: { code: 'expired_token', detail: 'Too late.' } }
    wake()
    await expect(outcome).rejects.toMatchObject({ code: 'expired_token' })
  })
})

it('a process that was frozen knows within 1 s of its thaw', async () => {
  await hub.stop()
  hub = await ScriptedHub.start({ pingInterval: 300, pingTimeout: 500 })
  const child = spawn(process.execPath, ['--import', 'tsx', FROZEN_PAGE, hub.url, waitToken()])
  const done = lifeline(child.pid ?? 0)
  const said = new Recorder<string>()
  child.stdout.on('data', (chunk) => said.listen(String(chunk)))
  await said.until((text) => text.includes('live'), { within: 20_000 })

  // Not between a ping and its pong: from there a page that stood still looks like one whose link broke with everybody's.
  await new Promise<void>((resolve) => hub.opened.heard[0]?.conn.once('heartbeat', resolve))
  child.kill('SIGSTOP')
  await eventually(() => hub.openSockets === 0)
  approve()
  const thawedAt = performance.now()
  child.kill('SIGCONT')
  await said.until((text) => text.includes('approved'))
  expect(performance.now() - thawedAt).toBeLessThan(1000)
  // Nothing that was started keeps the process from ending by itself.
  await new Promise((resolve) => child.once('exit', resolve))
  done()
})
