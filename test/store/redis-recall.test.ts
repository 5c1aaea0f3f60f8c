import { describe, it } from 'vitest'
import { Changes } from '../../server/store/change.ts'
import type { Store } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { type Note, note, notes, someId } from './note.ts'
import { openWorld } from './redis-world.ts'

const append = (word: string) => (document: Note | undefined) => {
  const { version, text } = document ?? note(0, '')
  return { next: note(version + 1, `${text} ${word}`), result: undefined }
}

/** A store that does some things in its own way. */
function over(store: Store, own: Partial<Store>): Store {
  const { read, commit, watch, now } = store
  return {
    read: read.bind(store),
    commit: commit.bind(store),
    watch: watch.bind(store),
    now: now.bind(store),
    ...own,
  }
}

describe.concurrent('redis store: changing a document that is watched', () => {
  it('needs no reading first, and all the same builds on whatever others have committed', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    await one.commit(notes, id, note(1, 'begin'))
    const seen = new Recorder<unknown>()
    await one.watch(notes, id, seen.listen)
    await other.watch(notes, id, seen.listen)
    const before = await world.calls('get')
    const [mine, theirs] = [new Changes(one, one.recall), new Changes(other, other.recall)]
    await mine.change(notes, id, append('mine'))
    expect(await world.calls('get')).toBe(before)
    await Promise.all(
      Array.from({ length: 40 }, (_, at) => (at % 2 ? mine : theirs).change(notes, id, append(`word${at}`))),
    )
    const stored = await one.read(notes, id)
    expect(stored?.version).toBe(42)
    const words = (stored?.text ?? '').split(' ')
    expect(words.slice(0, 2)).toEqual(['begin', 'mine'])
    expect(new Set(words).size).toBe(42)
  })

  it('builds on no commit that a failover has undone, although the version is the same', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, client } = world
    const id = someId()
    await one.commit(notes, id, note(1, 'begin'))
    await one.watch(notes, id, () => undefined)
    const [key = ''] = await world.channels()
    await client.copy(key, 'replica')
    await one.commit(notes, id, note(2, 'undone'))
    await client.copy('replica', key, 'REPLACE')
    await other.commit(notes, id, note(2, 'kept'))
    await new Changes(one, one.recall).change(notes, id, append('on top'))
    expect(await other.read(notes, id)).toEqual(note(3, 'kept on top'))
    await eventually(() => expect(one.recall(notes, id)).toEqual(note(3, 'kept on top')))
  })

  it('reads nothing either when another was quicker: who loses the race is told what it lost to', async ({
    expect,
  }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    await one.commit(notes, id, note(1, 'begin'))
    await other.commit(notes, id, note(2, 'begin theirs'))
    let reads = 0
    const counting = over(one, {
      read: (...asked) => {
        reads += 1
        return one.read(...asked)
      },
    })
    await new Changes(counting, one.recall).change(notes, id, append('mine'))
    expect(reads).toBe(0)
    expect(await other.read(notes, id)).toEqual(note(3, 'begin theirs mine'))
  })

  it('asks first about what others change too, instead of losing one race after another', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    const [mine, theirs] = [new Changes(one, one.recall), new Changes(other, other.recall)]
    await mine.change(notes, id, append('one'))
    await theirs.change(notes, id, append('other'))
    // The first race is lost: nothing told that there is another who changes it. From then on there is none to lose.
    for (const [changes, word, commits, readings] of [
      [mine, 'one', 2, 1],
      [theirs, 'other', 2, 1],
      [mine, 'one', 1, 1],
      [theirs, 'other', 1, 1],
      [theirs, 'other', 1, 1],
    ] as const) {
      const before = await counts()
      await changes.change(notes, id, append(word))
      expect(await since(before)).toEqual({ commits, readings })
    }
    expect(await other.read(notes, id)).toEqual(note(7, ' one other one other one other other'))

    async function counts() {
      return { commits: await world.calls('evalsha'), readings: await world.calls('get') }
    }
    async function since(before: Awaited<ReturnType<typeof counts>>) {
      const { commits, readings } = await counts()
      return { commits: commits - before.commits, readings: readings - before.readings }
    }
  })

  it('opens nothing that it has open already', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    const mine = note(1)
    await one.commit(notes, id, mine)
    expect(await one.read(notes, id)).toBe(mine)
    const theirs = note(2)
    await other.commit(notes, id, theirs)
    // What is stored decides, whatever is remembered.
    expect(await one.read(notes, id)).toEqual(theirs)
    // Where another has been quicker, so it is with what was read.
    expect(await one.commit(notes, id, mine)).toBe('conflict')
    await other.commit(notes, id, note(3))
    const read = await one.read(notes, id)
    expect(read).toEqual(note(3))
    expect(await one.read(notes, id)).toBe(read)
    const { document } = await one.watch(notes, id, () => undefined)
    expect(await one.read(notes, id)).toBe(document)
  })

  it('reads again when what it lost to has gone meanwhile, or another wins the next race too', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, client } = world
    const [gone, raced] = [someId(), someId()]
    await one.commit(notes, gone, note(1))
    await client.flushdb()
    await new Changes(one, one.recall).change(notes, gone, append('anew'))
    expect(await other.read(notes, gone)).toEqual(note(1, ' anew'))

    await one.commit(notes, raced, note(1, 'begin'))
    const theirs = new Changes(other, other.recall)
    let races = 3
    const slow = over(one, {
      commit: async (...asked) => {
        if (races-- > 0) await theirs.change(notes, raced, append('theirs'))
        return one.commit(...asked)
      },
    })
    await new Changes(slow, one.recall).change(notes, raced, append('mine'))
    expect(await other.read(notes, raced)).toEqual(note(5, 'begin theirs theirs theirs mine'))
  })

  it('asks the store about what memory alone would refuse, however it refuses', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    await one.commit(notes, id, note(1, 'closed'))
    await other.commit(notes, id, note(2, 'open'))
    const opened = new Changes(one, one.recall).change(notes, id, (document) => {
      if (document?.text === 'closed') throw new Error('it is closed')
      return { next: note(3, 'done'), result: document?.text }
    })
    expect(await opened).toBe('open')
    const closed = new Changes(one, one.recall).change(notes, id, () => {
      throw new Error('it is closed')
    })
    await expect(closed).rejects.toThrow('it is closed')
  })

  it('is recalled only where it is watched or was committed last, and nothing was missed', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, news } = world
    const id = someId()
    await one.commit(notes, id, note(1))
    expect(one.recall(notes, id)).toEqual(note(1))
    expect(other.recall(notes, id)).toBeUndefined()
    await other.watch(notes, id, () => undefined)
    expect(other.recall(notes, id)).toEqual(note(1))
    await other.commit(notes, id, note(2))
    // It knows of nobody else's commits while it does not watch: the store tells it so, and what there is instead.
    expect(await one.commit(notes, id, note(2))).toBe('conflict')
    expect(one.recall(notes, id)).toEqual(note(2))
    await one.commit(notes, id, note(3))
    // Whoever was quicker once may be again.
    expect(one.recall(notes, id)).toBeUndefined()
    const mine = someId()
    await one.commit(notes, mine, note(1))
    expect(one.recall(notes, mine)).toEqual(note(1))
    await news.refuse()
    news.cut()
    await eventually(() => expect(one.health().doubt).toBe(true))
    expect(one.recall(notes, mine)).toBeUndefined()
  })
})
