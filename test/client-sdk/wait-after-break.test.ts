import { setMaxListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Connection, waitForStatus } from '../../client-sdk/index.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { waitToken } from './samples.ts'
import { type Call, ScriptedHub } from './scripted-hub.ts'

let hub: ScriptedHub
let connections: Recorder<Connection>
const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
// Forty pages in one process listen to it.
setMaxListeners(0, document)

beforeEach(async () => {
  hub = await ScriptedHub.start()
  connections = new Recorder()
  vi.stubGlobal('document', document)
})
afterEach(async () => {
  vi.unstubAllGlobals()
  await hub.stop()
})

const wait = () => waitForStatus({ url: hub.url, token: waitToken(), onConnection: connections.listen })
const isPoll = ({ path }: Call) => path.endsWith('/poll')
const approve = () => hub.change({ challengeStatus: 'approved', isChallengeComplete: true })
/** The chance that everyone draws, for as long as the test runs. */
const drawing = (chance: number) => vi.spyOn(Math, 'random').mockReturnValue(chance)
const live = (times: number) =>
  eventually(() => expect(hub.opened.heard).toHaveLength(times), { within: 12_000 }).then(() => performance.now())

describe('when the link breaks', () => {
  it('a crowd comes back spread over 5 s, and asks nothing meanwhile', async () => {
    const outcomes = Array.from({ length: 40 }, wait)
    await live(40)
    const cutAt = performance.now()
    hub.cutAll()
    await live(80)
    const came = hub.handshakes.heard.slice(40).map(({ at }) => at - cutAt)
    expect(Math.max(...came)).toBeLessThan(5_500)
    // Of forty even draws over 5 s, each second without one is less likely than 1 in 7,000.
    for (const second of [0, 1, 2, 3, 4]) {
      expect(came.filter((ms) => ms >= second * 1_000 && ms < (second + 1) * 1_000).length).toBeGreaterThan(0)
    }
    expect(hub.calls.heard).toEqual([])
    approve()
    await Promise.all(outcomes)
  })

  it('a page asks over HTTP at once when no socket can be had then', async () => {
    drawing(0.1)
    const outcome = wait()
    await live(1)
    hub.webSockets = 'refused'
    const cutAt = performance.now()
    hub.cutAll()
    const read = await hub.calls.until(() => true)
    expect(read.at - cutAt).toBeGreaterThan(490)
    expect(read.at - cutAt).toBeLessThan(1_500)
    approve()
    await outcome
  })

  it('a page that wakes does not wait', async () => {
    drawing(0.99)
    const outcome = wait()
    await live(1)
    hub.cutAll()
    await eventually(() => hub.openSockets === 0)
    const wokeAt = performance.now()
    document.dispatchEvent(new Event('visibilitychange'))
    expect((await live(2)) - wokeAt).toBeLessThan(1_500)
    approve()
    await outcome
  })

  it('a page that had missed a heartbeat does not wait: its own link is to blame', async () => {
    drawing(0.99)
    const outcome = wait()
    await live(1)
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 11_000)
    const cutAt = performance.now()
    hub.cutAll()
    expect((await live(2)) - cutAt).toBeLessThan(1_500)
    approve()
    await outcome
  })

  it('nor does a page to which things came late that had waited, however many they were', async () => {
    drawing(0.99)
    const told = new Recorder<string>()
    const onStatus = ({ challengeStatus }: { readonly challengeStatus: string }) => told.listen(challengeStatus)
    const outcome = waitForStatus({ url: hub.url, token: waitToken(), until: 'complete', onStatus })
    await live(1)
    const now = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 13_000)
    for (const challengeStatus of ['rung', 'seen']) hub.change({ challengeStatus })
    await told.until((status) => status === 'seen')
    const cutAt = performance.now()
    hub.cutAll()
    expect((await live(2)) - cutAt).toBeLessThan(1_500)
    approve()
    await outcome
  })

  it('says that it is offline after 3 s, and live again', async () => {
    drawing(0.9)
    const outcome = wait()
    await live(1)
    hub.cutAll()
    await live(2)
    approve()
    await outcome
    expect(connections.heard).toEqual(['live', 'offline', 'live'])
  })

  it('a poll that was held waits as well', async () => {
    drawing(0.4)
    hub.webSockets = 'refused'
    const outcome = wait()
    await hub.calls.until(isPoll)
    const cutAt = performance.now()
    hub.cutAll()
    await eventually(() => hub.calls.heard.length >= 3)
    expect((hub.calls.heard[2]?.at ?? 0) - cutAt).toBeGreaterThan(1_900)
    approve()
    await outcome
  })
})

describe('when the hub is overloaded', () => {
  it('the page does not ask over HTTP instead while it waits for its turn', async () => {
    hub.refusal = { code: 'overloaded', detail: 'Later.', retryAfter: 1.5 }
    const outcome = wait()
    await hub.handshakes.until(() => true)
    hub.refusal = undefined
    await live(1)
    const [first, second] = hub.handshakes.heard
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1_500)
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(2_500)
    expect(hub.calls.heard).toEqual([])
    approve()
    await outcome
  })

  it('but it asks when it has been sent away for long enough', async () => {
    drawing(0)
    hub.refusal = { code: 'overloaded', detail: 'Later.', retryAfter: 2 }
    const began = performance.now()
    const outcome = wait()
    const read = await hub.calls.until(() => true, { within: 20_000 })
    expect(hub.handshakes.heard.length).toBeGreaterThan(5)
    expect(read.at - began).toBeGreaterThan(14_900)
    expect(read.at - began).toBeLessThan(17_000)
    approve()
    await outcome
  })
})
