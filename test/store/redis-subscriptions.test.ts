import { describe, it } from 'vitest'
import type { News } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId } from './note.ts'
import { openWorld } from './redis-world.ts'

const ignore = () => undefined

describe.concurrent('redis store: subscriptions', () => {
  it('has one per document and instance, however many watch', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    const before = await world.calls('ssubscribe')
    for (let watcher = 0; watcher < 50; watcher++) await one.watch(notes, id, ignore)
    expect(await world.calls('ssubscribe')).toBe(before + 1)
    const [channel = ''] = await world.channels()
    expect(await world.subscribers(channel)).toBe(1)

    await Promise.all(Array.from({ length: 50 }, () => other.watch(notes, id, ignore)))
    expect(await world.calls('ssubscribe')).toBe(before + 2)
    expect(await world.channels()).toEqual([channel])
    expect(await world.subscribers(channel)).toBe(2)
    expect([one.watches(), other.watches()]).toEqual([1, 1])
  })

  it('makes one command of those that come together', async ({ expect }) => {
    await using world = await openWorld()
    const before = await world.calls('ssubscribe')
    await Promise.all(Array.from({ length: 500 }, () => world.one.watch(notes, someId(), ignore)))
    expect(await world.channels()).toHaveLength(500)
    expect(await world.calls('ssubscribe')).toBe(before + 1)
  })

  it('gives one up a second after its last watcher has left, and keeps it for one who returns', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const [kept, left] = [someId(), someId()]
    const first = await one.watch(notes, kept, ignore)
    const [keptChannel = ''] = await world.channels()
    const leaving = await one.watch(notes, left, ignore)
    const leftChannel = (await world.channels()).find((channel) => channel !== keptChannel) ?? ''
    const before = await world.calls('ssubscribe')

    first.close()
    leaving.close()
    const closedAt = performance.now()
    // Somewhere within the second, after Redis has had time to be told otherwise.
    await eventually(() => performance.now() - closedAt > 400)
    expect((await world.channels()).toSorted()).toEqual([keptChannel, leftChannel].toSorted())
    const recorder = new Recorder<News<Note>>()
    const second = await one.watch(notes, kept, recorder.listen)
    expect(await world.calls('ssubscribe')).toBe(before)

    // The other one, left at the same moment, shows that the second is over.
    await eventually(async () => expect(await world.subscribers(leftChannel)).toBe(0))
    expect(performance.now() - closedAt).toBeGreaterThan(900)
    expect(performance.now() - closedAt).toBeLessThan(2_500)
    expect(await world.subscribers(keptChannel)).toBe(1)
    expect(one.watches()).toBe(1)
    await other.commit(notes, kept, note(1))
    await recorder.until(isVersion(1))

    second.close()
    const leftAt = performance.now()
    await eventually(async () => expect(await world.channels()).toEqual([]))
    expect(performance.now() - leftAt).toBeGreaterThan(900)
    expect(one.watches()).toBe(0)
  })

  it('leaves nothing subscribed when it closes', async ({ expect }) => {
    await using world = await openWorld()
    const store = await world.connect()
    for (let watcher = 0; watcher < 10; watcher++) await store.watch(notes, someId(), ignore)
    expect(await world.channels()).toHaveLength(10)
    await store.close()
    await eventually(async () => expect(await world.channels()).toEqual([]))
  })

  it('starts anew when a document is watched at the very moment it is given up', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    await other.commit(notes, id, note(1))
    for (let round = 2; round <= 4; round++) {
      const watch = await one.watch(notes, id, ignore)
      watch.close()
      await eventually(() => one.watches() === 0, { every: 1 })
      const recorder = new Recorder<News<Note>>()
      const again = await one.watch(notes, id, recorder.listen)
      await other.commit(notes, id, note(round))
      await recorder.until(isVersion(round), { within: 1_000 })
      again.close()
    }
    expect(one.counters.repaired).toBe(0)
  })
})
