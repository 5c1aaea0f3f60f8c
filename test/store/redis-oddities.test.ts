import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { defineKind, type News, type Store } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { openWorld } from './redis-world.ts'
import { Sight } from './sight.ts'

const PROMISED = { within: 10_000 }

describe.concurrent('redis store: documents it cannot read', () => {
  it('survives a document of a newer release, and goes on telling the others', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const newer = defineKind<Note>(notes.name, notes.schema + 1)
    const [upgraded, plain] = [someId(), someId()]
    const heard = new Recorder<News<Note>>()
    const others = new Recorder<News<Note>>()
    await one.watch(notes, upgraded, heard.listen)
    await one.watch(notes, plain, others.listen)
    await other.commit(newer, upgraded, note(1))
    await other.commit(notes, plain, note(1))
    await others.until(isVersion(1))
    expect(heard.heard).toEqual([])
    await expect(one.read(notes, upgraded)).rejects.toThrow()
    // The other way round works: the newer release reads what the older wrote.
    expect(await other.read(newer, plain)).toEqual(note(1))
  })

  it.for([
    ['something else, sealed', undefined, 'not what we put there'],
    ['something else, in the clear', [], 'not what we put there'],
    ['a header and nothing', undefined, '7 forged\n'],
    ['a header and half a document', [], '7 forged\n\u0000\u0001{"version":7,"te'],
    ['another type', undefined, undefined],
  ] as const)('lets one that was damaged harm only those who watch it: %s', async ([, keys, damage], { expect }) => {
    await using world = await openWorld(keys && { storeKeys: keys })
    const { one, other, client, news } = world
    const [damaged, ...whole] = [someId(), someId(), someId()]
    await one.watch(notes, damaged, () => undefined)
    const [key = ''] = await world.channels()
    await other.commit(notes, damaged, note(1))
    const recorders = await Promise.all(
      whole.map(async (id) => {
        const recorder = new Recorder<News<Note>>()
        await one.watch(notes, id, recorder.listen)
        return recorder
      }),
    )
    await client.del(key)
    await (damage === undefined ? client.lpush(key, 'a list') : client.set(key, damage))
    await news.refuse()
    news.cut()
    await eventually(() => expect(one.health().doubt).toBe(true))
    for (const id of whole) await other.commit(notes, id, note(1))
    await news.accept()
    await Promise.all(recorders.map((recorder) => recorder.until(isVersion(1), PROMISED)))
    await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: false }), PROMISED)
    for (const { heard } of recorders) expect(versions(heard)).toEqual([1])
    await expect(one.read(notes, damaged)).rejects.toThrow()
  })
})

describe.concurrent('redis store: a document that never rests', () => {
  it('can be watched all the same, and keeps nobody from recovering', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, commands, news } = world
    // News comes faster than an answer: each thing read is old when it arrives.
    commands.delay(5)
    const id = someId()
    const restless = commitWithoutRest(other, id)
    try {
      await eventually(() => restless.version > 20)
      for (let turn = 0; turn < 5; turn++) {
        const began = performance.now()
        const sight = new Sight()
        await sight.begin(one, id)
        expect(performance.now() - began).toBeLessThan(400)
        await sight.news.until((told) => told !== 'gone' && told.version > sight.first + 20)
        expect(sight.isRising).toBe(true)
        sight.end()
        // So that the next turn begins from nothing.
        await eventually(() => one.watches() === 0)
      }
      await one.watch(notes, id, () => undefined)
      news.cut()
      await eventually(() => expect(one.health().doubt).toBe(true), { every: 1 })
      await eventually(() => expect(one.health()).toEqual({ ready: true, doubt: false }))
    } finally {
      await restless.stop()
    }
  })
})

describe.concurrent('redis store: closing', () => {
  it('leaves nobody waiting who was asking, and nobody who asks after', async ({ expect }) => {
    await using world = await openWorld()
    const store = await world.connect()
    const id = someId()
    const asked = [store.read(notes, id), store.commit(notes, id, note(1)), store.watch(notes, id, () => undefined)]
    await store.close()
    const after = [store.read(notes, id), store.commit(notes, id, note(2)), store.watch(notes, id, () => undefined)]
    const outcomes = Promise.allSettled([...asked, ...after])
    const settled = await Promise.race([outcomes, sleep(5_000, 'someone is still waiting')])
    expect(settled).toHaveLength(6)
    for (const outcome of (settled as Awaited<typeof outcomes>).slice(3)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } })
    }
  })
})

/** Every few milliseconds another version. */
function commitWithoutRest(store: Store, id: string): { readonly version: number; stop(): Promise<void> } {
  let version = 0
  let isOver = false
  const committing = (async () => {
    while (!isOver) {
      await store.commit(notes, id, note(version + 1))
      version += 1
      await sleep(2)
    }
  })()
  return {
    get version() {
      return version
    },
    stop: () => {
      isOver = true
      return committing
    },
  }
}
