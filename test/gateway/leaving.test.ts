import { io } from 'socket.io-client'
import { afterEach, describe, expect, it } from 'vitest'
import { startBalancer } from '../support/balancer.ts'
import { eventually } from '../support/eventually.ts'
import { startHub } from '../support/hub.ts'
import { Recorder } from '../support/recorder.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { create, startPair, stats, update } from './pair.ts'
import {
  type Answer,
  ask,
  closing,
  connected,
  dial,
  hangUpAll,
  openPage,
  openPublisher,
  type Status,
} from './sockets.ts'

afterEach(hangUpAll)

const portOf = (hub: { readonly url: string }) => Number(new URL(hub.url).port)

describe('an instance that leaves', () => {
  it('is left by a plain client too, which knows nothing of it and comes back by itself', async () => {
    await using pair = await startPair()
    const { challenge, waitToken } = await create(pair.a)
    const balancer = await startBalancer([portOf(pair.a), portOf(pair.b)])
    const statuses = new Recorder<Status>()
    const plain = io(`${balancer.url}/waiting`, {
      transports: ['websocket'],
      auth: { token: waitToken },
      forceNew: true,
    })
    plain.on('status', statuses.listen)
    try {
      await statuses.until(({ version }) => version === 1)
      await pair.a.hub.stop(0.3)
      await update(pair.b, challenge, { challengeStatus: 'approved', isChallengeComplete: true })
      expect(await statuses.until(({ version }) => version === 2)).toMatchObject({ challengeStatus: 'approved' })
    } finally {
      plain.disconnect()
      await balancer.stop()
    }
  })

  it('answers what it was asked before it closes, and takes nothing more', async () => {
    await using pair = await startPair()
    const { challenge } = await create(pair.a)
    const publisher = await openPublisher(pair.a.url, pair.a.backend())
    const closed = closing(publisher)
    const polling = ask(publisher, 'poll', { challenge, since: 1 })
    await eventually(async () => expect((await stats(pair.a)).watches).toBe(1))
    pair.redis.freeze()
    const updating = ask(publisher, 'update', { challenge, challengeStatus: 'paid' })
    const stopped = pair.a.hub.stop(0.1)
    expect((await polling).error).toMatchObject({ code: 'draining', retryAfter: 1 })
    // After the window the socket is there for its update only.
    const refused = new Recorder<Answer>()
    await eventually(() => {
      ask(publisher, 'get', {}).then(refused.listen, () => undefined)
      return refused.heard.some(({ error }) => error?.code === 'draining')
    })
    expect(publisher.connected).toBe(true)
    pair.redis.thaw()
    expect(await updating).toMatchObject({ ok: true, challenge: { challengeStatus: 'paid', version: 2 } })
    expect(await closed).toBe('transport close')
    await stopped
  })

  it('asks those to move as well who were at the door', async () => {
    await using pair = await startPair()
    const { waitToken } = await create(pair.a)
    pair.redis.freeze()
    const late = dial(pair.a.url, '/waiting', { token: waitToken })
    const moving = new Promise<{ afterMs: number }>((resolve) => late.once('moving', resolve))
    // What is said over one connection is heard in order: once this one is in, the other one is at the door.
    await connected(dial(pair.a.url, '/publishing', { token: pair.a.backend() }, { over: late }))
    expect(late.connected).toBe(false)
    const stopped = pair.a.hub.stop(1)
    pair.redis.thaw()
    expect((await moving).afterMs).toBeLessThanOrEqual(1_000)
    expect(late.connected).toBe(true)
    await stopped
  })

  it('waits for a link that is dead no longer than for its last answers', async () => {
    const hub = await startHub()
    const { waitToken } = await create(hub)
    await using proxy = await startProxy(hub.url)
    const page = openPage(proxy.url, { token: waitToken })
    await page.version(1)
    proxy.blackhole(true)
    const began = performance.now()
    await hub.stop()
    expect(performance.now() - began).toBeLessThan(5_500)
  })
})
