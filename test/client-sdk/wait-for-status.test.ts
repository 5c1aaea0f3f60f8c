import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Connection, type WaitOptions, waitForStatus } from '../../client-sdk/index.ts'
import type { PageView } from '../../server/protocol/challenge.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { page, waitToken } from './samples.ts'
import { ScriptedHub } from './scripted-hub.ts'

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
const isLive = (connection: Connection) => connection === 'live'
const isPoll = ({ path }: { path: string }) => path.endsWith('/poll')
const versions = () => statuses.heard.map(({ version }) => version)

describe('over the socket', () => {
  it.each(['approved', 'denied', 'timed_out', 'on_its_way'])('resolves with %s', async (challengeStatus) => {
    const outcome = wait()
    await connections.until(isLive)
    hub.change({ challengeStatus, isChallengeComplete: challengeStatus !== 'on_its_way' })
    expect(await outcome).toEqual(hub.view)
    expect(versions()).toEqual([1, 2])
    expect(hub.calls.heard).toEqual([])
  })

  it('resolves with what had changed before it came', async () => {
    hub.change({ challengeStatus: 'approved', isChallengeComplete: true })
    expect((await wait()).challengeStatus).toBe('approved')
  })

  it('goes on over a change of other things than the status', async () => {
    const outcome = wait()
    await connections.until(isLive)
    hub.change({ updateByFlowId: 'another' })
    await statuses.until(({ version }) => version === 2)
    hub.change({ challengeStatus: 'seen' })
    expect((await outcome).version).toBe(3)
  })

  it('with until complete goes on to completion, and tells every step', async () => {
    const outcome = wait({ until: 'complete' })
    await connections.until(isLive)
    hub.change({ challengeStatus: 'seen' })
    hub.change({ challengeStatus: 'typing' })
    hub.change({ challengeStatus: 'denied', isChallengeComplete: true })
    expect((await outcome).challengeStatus).toBe('denied')
    expect(versions()).toEqual([1, 2, 3, 4])
  })

  it('never goes back in version and tells none twice', async () => {
    const outcome = wait({ until: 'complete' })
    await connections.until(isLive)
    for (const version of [3, 2, 3, 5, 4, 1]) hub.emit('/waiting', 'status', page({ version, statusVersion: version }))
    hub.emit('/waiting', 'status', page({ version: 6, statusVersion: 6, isChallengeComplete: true }))
    hub.emit('/waiting', 'status', page({ version: 7, statusVersion: 7, isChallengeComplete: true }))
    expect((await outcome).version).toBe(6)
    await eventually(() => hub.openSockets === 0)
    expect(versions()).toEqual([1, 3, 5, 6])
  })

  it.each(['/assent', '/assent/'])('keeps the path in front of the hub: %s', async (path) => {
    const outcome = wait({ url: hub.url + path })
    await connections.until(isLive)
    hub.webSockets = 'refused'
    hub.dropAll()
    await hub.calls.until(isPoll)
    hub.change({ challengeStatus: 'approved' })
    await outcome
    expect(hub.urls.heard.filter((url) => !url.startsWith('/assent/'))).toEqual([])
    expect(hub.urls.heard[0]).toMatch(/^\/assent\/socket\.io\/\?/)
  })

  it('ignores fields it does not know', async () => {
    hub.view = { ...page(), whatever: { is: 'new' } } as PageView
    const outcome = wait()
    await connections.until(isLive)
    hub.change({ challengeStatus: 'approved' })
    expect(await outcome).toMatchObject({ challengeStatus: 'approved', whatever: { is: 'new' } })
  })

  it('ends what it started when it settles', async () => {
    const outcome = wait()
    await connections.until(isLive)
    hub.change({ challengeStatus: 'approved' })
    await outcome
    await eventually(() => hub.openSockets === 0)
    expect(connections.heard).toEqual(['live'])
  })

  it('is not disturbed by a listener that throws, and does not hide it', async () => {
    const uncaught = new Recorder<Error>()
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException').on('uncaughtException', uncaught.listen)
    try {
      const outcome = wait({
        onStatus: () => {
          throw new Error('the application is broken')
        },
      })
      await connections.until(isLive)
      hub.change({ challengeStatus: 'approved' })
      expect((await outcome).challengeStatus).toBe('approved')
      await eventually(() => uncaught.heard.length === 2)
      expect(uncaught.heard[0]?.message).toBe('the application is broken')
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const other of others) process.on('uncaughtException', other)
    }
  })
})

describe('is refused', () => {
  it.each(['invalid_token', 'expired_token', 'insufficient_scope', 'challenge_not_found'] as const)(
    'by the socket: %s',
    async (code) => {
      hub.refusal = { code, detail: 'No.' }
      await expect(wait()).rejects.toMatchObject({ name: 'AssentError', code, detail: 'No.' })
      expect(connections.heard).toEqual(['offline'])
      expect(hub.handshakes.heard.length).toBe(1)
    },
  )

  it.each([
    ['invalid_token', 401],
    ['expired_token', 401],
    ['insufficient_scope', 403],
    ['challenge_not_found', 404],
  ] as const)('over HTTP: %s', async (code, status) => {
    hub.webSockets = 'refused'
    hub.fault = { problem: { code, detail: 'No.' } }
    await expect(wait()).rejects.toMatchObject({ name: 'AssentError', code, status })
    expect(hub.calls.heard.length).toBe(1)
  })

  it('when the challenge has vanished', async () => {
    const outcome = wait()
    await connections.until(isLive)
    hub.emit('/waiting', 'gone', { challenge: page().challenge })
    await expect(outcome).rejects.toMatchObject({ name: 'AssentError', code: 'challenge_not_found' })
    await eventually(() => hub.openSockets === 0)
  })

  it('for a token that is none, without asking anyone', async () => {
    await expect(wait({ token: 'nonsense' })).rejects.toMatchObject({ code: 'invalid_token' })
    expect(hub.handshakes.heard).toEqual([])
  })

  it('not by a page that a proxy puts in the way', async () => {
    hub.webSockets = 'refused'
    hub.faults.push({ bare: 403 }, { bare: 200 })
    const outcome = wait()
    await connections.until((connection) => connection === 'polling')
    hub.change({ challengeStatus: 'approved' })
    expect((await outcome).challengeStatus).toBe('approved')
    expect(connections.heard[0]).toBe('offline')
  })
})

describe('is aborted', () => {
  it('before it began: nothing is opened', async () => {
    const reason = new Error('changed my mind')
    await expect(wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(hub.handshakes.heard).toEqual([])
  })

  it('while the socket is live: it is closed', async () => {
    const abort = new AbortController()
    const outcome = wait({ signal: abort.signal })
    await connections.until(isLive)
    abort.abort()
    await expect(outcome).rejects.toMatchObject({ name: 'AbortError' })
    await eventually(() => hub.openSockets === 0)
  })

  it('while a poll is held: it hangs up', async () => {
    hub.webSockets = 'refused'
    const abort = new AbortController()
    const outcome = wait({ signal: abort.signal })
    const poll = await hub.calls.until(isPoll)
    abort.abort()
    await expect(outcome).rejects.toMatchObject({ name: 'AbortError' })
    await eventually(() => poll.hungUp)
    const { length } = hub.handshakes.heard
    expect(hub.handshakes.heard.length).toBe(length)
  })
})
