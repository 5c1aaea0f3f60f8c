import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Connection, waitForStatus } from '../../client-sdk/index.ts'
import type { PageView } from '../../server/protocol/challenge.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
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

const wait = () =>
  waitForStatus({
    url: hub.url,
    token: waitToken(),
    onStatus: statuses.listen,
    onConnection: connections.listen,
  })
const is = (wanted: Connection) => (connection: Connection) => connection === wanted
const isRead = ({ path }: Call) => path === `/v1/challenges/${page().challenge}`
const approve = () => hub.change({ challengeStatus: 'approved', isChallengeComplete: true })

it('opens the new socket before it lets go of the old one, after the delay', async () => {
  const outcome = wait()
  await connections.until(is('live'))
  const [old] = hub.opened.heard
  const began = performance.now()
  hub.greets = false
  hub.emit('/waiting', 'moving', { afterMs: 300 })
  const fresh = await hub.opened.until(({ id }) => id !== old?.id)
  expect(performance.now() - began).toBeGreaterThan(290)
  // Without news over the new one, the old one stays, and is heard.
  old?.emit('status', page({ version: 2 }))
  await statuses.until(({ version }) => version === 2)
  expect(hub.openSockets).toBe(2)
  expect(hub.closed.heard).toEqual([])
  fresh.emit('status', page({ version: 2 }))
  await hub.closed.until((id) => id === old?.id)
  expect(hub.openSockets).toBe(1)
  hub.emit('/waiting', 'status', page({ version: 3, statusVersion: 3 }))
  await outcome
  expect(connections.heard).toEqual(['live'])
  expect(hub.calls.heard).toEqual([])
})

it('hears over the old socket while the new one cannot be had', async () => {
  const outcome = wait()
  await connections.until(is('live'))
  hub.refusal = { code: 'draining', detail: 'Elsewhere.' }
  hub.emit('/waiting', 'moving', { afterMs: 0 })
  await eventually(() => hub.handshakes.heard.length >= 3)
  approve()
  expect((await outcome).challengeStatus).toBe('approved')
  expect(connections.heard).toEqual(['live'])
  expect(hub.calls.heard).toEqual([])
})

it('falls back when the old socket closes first', async () => {
  const outcome = wait()
  await connections.until(is('live'))
  hub.emit('/waiting', 'moving', { afterMs: 60_000 })
  hub.dropAll()
  await hub.calls.until(isRead)
  await eventually(() => hub.openSockets === 1)
  approve()
  await outcome
})
