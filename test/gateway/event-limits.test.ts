import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { type RunningHub, startHub } from '../support/hub.ts'
import { call, create, stats, update } from './pair.ts'
import { enterRaw, openRaw, type RawSocket } from './raw-socket.ts'
import { type Answer, ask, connected, dial, hangUpAll, openPage, openPublisher } from './sockets.ts'

let hub: RunningHub
const raws: RawSocket[] = []

beforeEach(async () => {
  hub = await startHub({ LIMIT_EVENTS_PER_SOCKET: '10', LIMIT_EVENTS_PER_BACKEND_SOCKET: '40' })
})
afterEach(async () => {
  hangUpAll()
  for (const raw of raws.splice(0)) raw.hangUp()
  await hub.stop()
})

const refused = async () => (await call(hub, 'GET', '/v1/limits')).body.refused
const codesOf = (answers: readonly Answer[]) => answers.map(({ error }) => error?.code)
const enter = async (namespace: string, token: string) => {
  const raw = await enterRaw(hub.url, namespace, { token })
  raws.push(raw)
  return raw
}
const subscribes = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => `42/waiting,${from + at}["subscribe",{"token":"x"}]`)

describe('events over one connection', () => {
  it('above the limit are answered with too_many_requests, and served again a second later', async () => {
    const { waitToken } = await create(hub)
    const socket = await connected(dial(hub.url, '/waiting', { token: waitToken }))
    const answers = await Promise.all(Array.from({ length: 25 }, () => ask(socket, 'subscribe', { token: 'x' })))
    // As many again if the second turned meanwhile.
    const served = codesOf(answers).filter((code) => code === 'invalid_token').length
    expect(served).toBeGreaterThanOrEqual(10)
    expect(served).toBeLessThanOrEqual(20)
    expect(answers.find(({ error }) => error?.code === 'too_many_requests')).toMatchObject({
      ok: false,
      error: { retryAfter: 1, detail: expect.stringContaining('10 events') },
    })
    // As it was told: a second later.
    await pause(1_050)
    expect((await ask(socket, 'subscribe', { token: 'x' })).error?.code).toBe('invalid_token')
    expect(socket.connected).toBe(true)
  })

  it('of a backend may be more', async () => {
    const publisher = await openPublisher(hub.url, hub.backend())
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(publisher, 'create', {})))
    const served = answers.filter(({ ok }) => ok).length
    expect(served).toBeGreaterThanOrEqual(40)
    expect(served).toBeLessThanOrEqual(80)
    expect(publisher.connected).toBe(true)
  })

  it('of a person: none of what is too much is decided', async () => {
    const { challenge } = await create(hub, { approver: 'ada' })
    const person = await enter('/approving', hub.approver('ada'))
    for (let at = 0; at < 30; at++) person.say(`42/approving,${at}["approve",{"challenge":"${'n'.repeat(43)}"}]`)
    person.say(`42/approving,99["approve",{"challenge":"${challenge}"}]`)
    expect(await person.hear('43/approving,99')).toContain('"code":"too_many_requests"')
    const page = openPage(hub.url, { token: hub.backend(), challenge })
    expect(await page.version(1)).toMatchObject({ challengeStatus: 'started' })
  })
})

describe('whoever goes on far above', () => {
  it('with events is cut off, and nobody else', async () => {
    const { challenge, waitToken } = await create(hub)
    const witness = openPage(hub.url, { token: waitToken })
    await witness.version(1)
    const rude = await enter('/waiting', waitToken)
    for (const frame of subscribes(1, 150)) rude.say(frame)
    expect(await rude.closed).toBe(1006)
    expect((await refused()).LIMIT_EVENTS_PER_SOCKET).toBeGreaterThan(50)
    await update(hub, challenge, { challengeStatus: 'seen' })
    await witness.version(2)
    await eventually(async () => expect((await stats(hub)).waiting).toBe(1))
  })

  it.each([
    ['events that want no answer', '42/waiting,["subscribe",{"token":"x"}]'],
    ['events that nobody knows', '42/waiting,["junk"]'],
    ['answers that nobody asked for', '43/waiting,7[]'],
    ['pongs', '3'],
  ])('with %s', async (_what, frame) => {
    const { waitToken } = await create(hub)
    const rude = await enter('/waiting', waitToken)
    for (let count = 0; count < 150; count++) rude.say(frame)
    expect(await rude.closed).toBe(1006)
  })

  it.each(['ping', 'pong'] as const)('with the WebSocket’s own %ss', async (what) => {
    const { waitToken } = await create(hub)
    const rude = await enter('/waiting', waitToken)
    for (let count = 0; count < 150; count++) rude.control(what)
    expect(await rude.closed).toBe(1006)
  })

  it('with attempts to enter, before it has entered anything', async () => {
    const rude = await openRaw(hub.url)
    raws.push(rude)
    for (let count = 0; count < 150; count++) rude.say(`40/nowhere${count},`)
    expect(await rude.closed).toBe(1006)
  })
})

it('subscriptions of one token are counted over all its sockets, and given back', async () => {
  await hub.stop()
  hub = await startHub({ LIMIT_SUBSCRIPTIONS_PER_TOKEN: '3', LIMIT_SUBSCRIPTIONS_PER_SOCKET: '2' })
  const [one, other, third] = await Promise.all([create(hub), create(hub), create(hub)])
  const sockets = await Promise.all([1, 2].map(() => connected(dial(hub.url, '/waiting', { token: one.waitToken }))))
  const [first, second] = sockets as [(typeof sockets)[0], (typeof sockets)[0]]
  expect(await ask(first, 'subscribe', { token: other.waitToken })).toMatchObject({ ok: true })
  expect(await ask(first, 'subscribe', { token: third.waitToken })).toMatchObject({
    error: { code: 'too_many_requests', detail: expect.stringContaining('at most 2') },
  })
  const last = await connected(dial(hub.url, '/waiting', { token: third.waitToken }))
  expect(await ask(last, 'subscribe', { token: one.waitToken })).toMatchObject({ ok: true })
  const more = dial(hub.url, '/waiting', { token: one.waitToken })
  await new Promise<void>((resolve) =>
    more.once('connect_error', (error) => {
      expect(error).toMatchObject({ data: { code: 'too_many_requests' } })
      resolve()
    }),
  )
  second.disconnect()
  await eventually(async () => expect((await stats(hub)).waiting).toBe(2))
  await connected(dial(hub.url, '/waiting', { token: one.waitToken }))
})
