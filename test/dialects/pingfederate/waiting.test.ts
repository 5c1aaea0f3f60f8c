import { afterEach, describe, expect, it } from 'vitest'
import { stats, watched } from '../../http/hubs.ts'
import { addDevice, describeMfa, newEmail, newUser, pairPhone } from '../../mfa/world.ts'
import { eventually } from '../../support/eventually.ts'
import { type RunningHub, startHub } from '../../support/hub.ts'
import { act, answered, challengeOf, done, expectRefused, look, opened, opening, policyWith } from './flows.ts'

/* A poll is held for a second at most, and woken by whatever happens; a GET is held never. */

/** A second, and what a busy machine needs. */
const AT_MOST_MS = 1_000 + 700

const timed = async <T>(does: () => Promise<T>) => {
  const began = performance.now()
  const result = await does()
  return { result, took: performance.now() - began }
}

const asking = async (hub: RunningHub) => {
  const { user, phone } = await pairPhone(hub)
  const flow = await opened(hub, { user: { id: user }, policy: await policyWith(hub) })
  await done(hub, flow, 'authenticate')
  return { flow, phone }
}

describeMfa((world) => {
  it('is held for a second while nothing happens, and answers what is', async () => {
    const { flow } = await asking(world.one)
    const { version } = await challengeOf(world.one, flow)
    const { result, took } = await timed(() => act(world.other, flow, 'poll'))
    expect(result.body.status).toBe('PUSH_CONFIRMATION_WAITING')
    expect(took).toBeGreaterThan(950)
    expect(took).toBeLessThan(AT_MOST_MS)
    const looked = await timed(() => look(world.other, flow))
    expect(looked.result.body).toEqual(result.body)
    expect(looked.took).toBeLessThan(900)
    expect((await challengeOf(world.one, flow)).version).toBe(version)
  })

  it.each(['approve', 'deny'] as const)('is woken by an answer on the other instance: %s', async (decision) => {
    for (let round = 0; round < 3; round++) {
      const { flow, phone } = await asking(world.one)
      await watched(world.other, 0)
      const polling = act(world.other, flow, 'poll')
      await eventually(async () => expect((await stats(world.other)).watches).toBeGreaterThan(0))
      const said = performance.now()
      await answered(world.one, phone, decision)
      const { body } = await polling
      expect(performance.now() - said).toBeLessThan(900)
      expect(body.status).toBe(decision === 'approve' ? 'MFA_COMPLETED' : 'PUSH_CONFIRMATION_REJECTED')
    }
  })

  it('is told at once of what has happened between two polls, or after the last', async () => {
    const { flow, phone } = await asking(world.one)
    await answered(world.one, phone, 'deny')
    const { result, took } = await timed(() => act(world.other, flow, 'poll'))
    expect(result.body.status).toBe('PUSH_CONFIRMATION_REJECTED')
    expect(took).toBeLessThan(900)
  })

  it('ends with its caller, and costs nothing from then on', async () => {
    const { flow } = await asking(world.one)
    await watched(world.other, 0)
    const hangUp = new AbortController()
    const polls = Array.from({ length: 5 }, () => act(world.other, flow, 'poll', {}, hangUp.signal).catch(() => 'gone'))
    await eventually(async () => expect((await stats(world.other)).watches).toBeGreaterThan(0))
    hangUp.abort()
    expect(await Promise.all(polls)).toEqual(polls.map(() => 'gone'))
    await watched(world.other, 0)
  })

  it('a GET never changes a version, however often and wherever it is asked', async () => {
    const { flow, phone } = await asking(world.one)
    const looks = async () => {
      const { version } = await challengeOf(world.one, flow)
      const seen = await Promise.all(
        Array.from({ length: 20 }, (_, at) => look(at % 2 === 0 ? world.one : world.other, flow)),
      )
      expect(new Set(seen.map(({ text }) => text)).size).toBe(1)
      expect((await challengeOf(world.other, flow)).version).toBe(version)
    }
    await looks()
    await answered(world.other, phone, 'deny')
    await looks()
    await done(world.one, flow, 'cancelAuthentication')
    await looks()
  })
})

describe('an instance', () => {
  let hub: RunningHub
  afterEach(() => hub.stop())

  it('holds no more polls of a flow than of a challenge, and says when to come back', async () => {
    hub = await startHub({ LIMIT_POLLS_PER_CHALLENGE: '2' })
    const { flow } = await asking(hub)
    const replies = await Promise.all(Array.from({ length: 4 }, () => act(hub, flow, 'poll')))
    expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429])
    for (const reply of replies.filter(({ status }) => status === 429)) expectRefused(reply, [429, 'REQUEST_FAILED'])
    const other = await asking(hub)
    expect((await act(hub, other.flow, 'poll')).status).toBe(200)
    expect((await act(hub, flow, 'poll')).status).toBe(200)
  })

  it('that ends answers those who poll with what is', async () => {
    hub = await startHub()
    const { flow } = await asking(hub)
    const polling = act(hub, flow, 'poll')
    await watched(hub, 1)
    const { result, took } = await timed(async () => {
      const stopped = hub.stop()
      const reply = await polling
      await stopped
      return reply
    })
    expect(result.status).toBe(200)
    expect(result.body.status).toBe('PUSH_CONFIRMATION_WAITING')
    expect(took).toBeLessThan(900)
  })

  it('counts what backends open as it counts all they create', async () => {
    hub = await startHub({ LIMIT_CREATIONS_PER_BACKEND: '3' })
    const user = newUser()
    await addDevice(hub, user, { type: 'EMAIL', email: newEmail(), status: 'ACTIVE' })
    const replies = await Promise.all(Array.from({ length: 20 }, () => opening(hub, { user: { id: user } })))
    const refused = replies.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThanOrEqual(10)
    for (const reply of refused) expectRefused(reply, [429, 'REQUEST_FAILED'])
  })
})
