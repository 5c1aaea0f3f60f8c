import { describe, expect, it } from 'vitest'
import type { News } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { Sight } from './sight.ts'
import type { CurrentPair } from './store-contract.ts'

export function describeWatching(pair: CurrentPair): void {
  describe('watch', () => {
    it('answers with the document as it stands', async () => {
      const { one, other } = pair()
      const id = someId()
      await one.commit(notes, id, note(1))
      await one.commit(notes, id, note(2))
      for (const store of [one, other]) {
        const watch = await store.watch(notes, id, () => undefined)
        expect(watch.document).toEqual(note(2))
        watch.close()
      }
    })

    // Full documents: a driver may skip a version that was overtaken before it could be told, but not in quiet times.
    it('tells each newer version, in order, on both instances', async () => {
      const { one, other } = pair()
      const id = someId()
      await one.commit(notes, id, note(1))
      const here = new Recorder<News<Note>>()
      const there = new Recorder<News<Note>>()
      const watches = [await one.watch(notes, id, here.listen), await other.watch(notes, id, there.listen)]
      for (let version = 2; version <= 20; version++) {
        await (version % 2 === 0 ? one : other).commit(notes, id, note(version))
        await Promise.all([here.until(isVersion(version)), there.until(isVersion(version))])
      }
      const all = Array.from({ length: 19 }, (_, index) => note(index + 2))
      expect(here.heard).toEqual(all)
      expect(there.heard).toEqual(all)
      for (const watch of watches) watch.close()
    })

    it('never goes back, and ends with the last, when commits come in a burst', async () => {
      const { one, other } = pair()
      const id = someId()
      const here = new Recorder<News<Note>>()
      const there = new Recorder<News<Note>>()
      await one.watch(notes, id, here.listen)
      await other.watch(notes, id, there.listen)
      for (let version = 1; version <= 100; version++) await one.commit(notes, id, note(version))
      for (const recorder of [here, there]) {
        await recorder.until(isVersion(100))
        expectRising(versions(recorder.heard))
        for (const news of recorder.heard) expect(news).toEqual(note((news as Note).version))
      }
    })

    it('tells the creation of what was absent', async () => {
      const { one, other } = pair()
      const id = someId()
      const there = new Recorder<News<Note>>()
      const watch = await other.watch(notes, id, there.listen)
      expect(watch.document).toBeUndefined()
      await one.commit(notes, id, note(1))
      await there.until(isVersion(1))
      expect(there.heard).toEqual([note(1)])
    })

    it('keeps the document up to date, also while its listener is being told', async () => {
      const { one, other } = pair()
      const id = someId()
      await one.commit(notes, id, note(1))
      const agrees: boolean[] = []
      const watch = await other.watch(notes, id, (news) => {
        agrees.push(watch.document === undefined ? news === 'gone' : watch.document === news)
      })
      expect(watch.document).toEqual(note(1))
      for (const next of [note(2), note(3, 'short', one.now() + 300)]) {
        await one.commit(notes, id, next)
        await eventually(() => expect(watch.document).toEqual(next))
      }
      await eventually(() => expect(watch.document).toBeUndefined(), { within: 10_000 })
      expect(agrees).toEqual([true, true, true])
    })

    it('loses nothing that is committed while a watch begins', async () => {
      const { one, other } = pair()
      await Promise.all(
        Array.from({ length: 100 }, async (_, round) => {
          const id = someId()
          await one.commit(notes, id, note(1))
          const sight = new Sight()
          const watching = sight.begin(other, id)
          // Spread over the turns in which a watch begins.
          for (let turn = round % 10; turn > 0; turn--) await new Promise(setImmediate)
          await one.commit(notes, id, note(2))
          await watching
          await eventually(() => expect(sight.versions.at(-1)).toBe(2))
          expectRising(sight.versions)
          sight.end()
        }),
      )
    })

    it('begins a watch also on a document that never rests', async () => {
      const { one, other } = pair()
      const id = someId()
      let version = 0
      let isOver = false
      const restless = async () => {
        while (!isOver) {
          version += 1
          await one.commit(notes, id, note(version))
          if (version % 100 === 0) await new Promise(setImmediate)
        }
      }
      const committing = restless()
      try {
        await eventually(() => version >= 200)
        for (let turn = 0; turn < 10; turn++) {
          const sight = new Sight()
          const began = performance.now()
          await sight.begin(other, id)
          expect(performance.now() - began).toBeLessThan(300)
          await sight.news.until((news) => news !== 'gone' && news.version > sight.first)
          expectRising(sight.versions)
          sight.end()
          await eventually(() => turn % 3 !== 0 || version > sight.first + 100)
        }
      } finally {
        isOver = true
        await committing
      }
    })

    it('tells nothing of a commit that was refused', async () => {
      const { one, other } = pair()
      const id = someId()
      await one.commit(notes, id, note(1))
      const here = new Recorder<News<Note>>()
      const there = new Recorder<News<Note>>()
      await one.watch(notes, id, here.listen)
      await other.watch(notes, id, there.listen)
      await one.commit(notes, id, note(3, 'conflict'))
      await one.commit(notes, id, note(2, 'late'), { before: one.now() - 1 })
      await one.commit(notes, id, note(2))
      await Promise.all([here.until(isVersion(2)), there.until(isVersion(2))])
      expect(here.heard).toEqual([note(2)])
      expect(there.heard).toEqual([note(2)])
    })

    it('tells every one of many watchers once', async () => {
      const { one, other } = pair()
      const id = someId()
      const recorders = await Promise.all(
        Array.from({ length: 200 }, async (_, watcher) => {
          const recorder = new Recorder<News<Note>>()
          await (watcher % 2 === 0 ? one : other).watch(notes, id, recorder.listen)
          return recorder
        }),
      )
      await one.commit(notes, id, note(1))
      await one.commit(notes, id, note(2))
      await Promise.all(recorders.map((recorder) => recorder.until(isVersion(2))))
      for (const recorder of recorders) expectRising(versions(recorder.heard))
    })

    it('tells a listener that watches twice twice, and closes each watch by itself', async () => {
      const { one } = pair()
      const id = someId()
      const recorder = new Recorder<News<Note>>()
      const first = await one.watch(notes, id, recorder.listen)
      await one.watch(notes, id, recorder.listen)
      await one.commit(notes, id, note(1))
      await eventually(() => expect(versions(recorder.heard)).toEqual([1, 1]))
      first.close()
      first.close()
      const last = new Recorder<News<Note>>()
      await one.watch(notes, id, last.listen)
      await one.commit(notes, id, note(2))
      await last.until(isVersion(2))
      expect(versions(recorder.heard)).toEqual([1, 1, 2])
    })

    it('tells nothing more to a watch that was closed, and goes on telling the others', async () => {
      const { one, other } = pair()
      const id = someId()
      const closed = new Recorder<News<Note>>()
      const open = new Recorder<News<Note>>()
      const watch = await other.watch(notes, id, closed.listen)
      await other.watch(notes, id, open.listen)
      await one.commit(notes, id, note(1))
      await Promise.all([closed.until(isVersion(1)), open.until(isVersion(1))])
      watch.close()
      await one.commit(notes, id, note(2))
      // The closed one stood first in line: it would have heard before this one.
      await open.until(isVersion(2))
      expect(versions(closed.heard)).toEqual([1])
    })

    it('can be closed while it is being told', async () => {
      const { one } = pair()
      const id = someId()
      const first = new Recorder<News<Note>>()
      const last = new Recorder<News<Note>>()
      const watch = await one.watch(notes, id, (news) => {
        first.listen(news)
        watch.close()
      })
      await one.watch(notes, id, last.listen)
      await one.commit(notes, id, note(1))
      await one.commit(notes, id, note(2))
      await last.until(isVersion(2))
      expect(versions(first.heard)).toEqual([1])
    })

    it('hears again after it was closed and begun anew', async () => {
      const { one, other } = pair()
      const id = someId()
      for (let version = 1; version <= 5; version++) {
        const there = new Recorder<News<Note>>()
        const watch = await other.watch(notes, id, there.listen)
        expect(watch.document?.version).toBe(version === 1 ? undefined : version - 1)
        await one.commit(notes, id, note(version))
        await there.until(isVersion(version))
        expect(versions(there.heard)).toEqual([version])
        watch.close()
      }
    })

    it('keeps a listener that throws from harming the committer, the others, or itself', async () => {
      const { one, other, faults } = pair()
      const id = someId()
      const fault = new Error('a listener of the test throws')
      const brave = new Recorder<News<Note>>()
      const calm = new Recorder<News<Note>>()
      for (const store of [one, other]) {
        await store.watch(notes, id, (news) => {
          brave.listen(news)
          throw fault
        })
        await store.watch(notes, id, calm.listen)
      }
      for (const version of [1, 2]) {
        expect(await one.commit(notes, id, note(version))).toBe('committed')
        await eventually(() => expect(calm.heard).toHaveLength(version * 2))
      }
      expect(versions(calm.heard).toSorted()).toEqual([1, 1, 2, 2])
      expect(versions(brave.heard).toSorted()).toEqual([1, 1, 2, 2])
      expect(faults).toEqual([fault, fault, fault, fault])
    })

    it('keeps the order for everyone when a listener itself commits', async () => {
      const { one } = pair()
      const id = someId()
      const first = new Recorder<News<Note>>()
      const last = new Recorder<News<Note>>()
      let committing: Promise<unknown> | undefined
      await one.watch(notes, id, (news) => {
        first.listen(news)
        if (isVersion(1)(news)) committing = one.commit(notes, id, note(2))
      })
      await one.watch(notes, id, last.listen)
      await one.commit(notes, id, note(1))
      await Promise.all([first.until(isVersion(2)), last.until(isVersion(2))])
      await committing
      expect(versions(first.heard)).toEqual([1, 2])
      expect(versions(last.heard)).toEqual([1, 2])
    })
  })
}

function expectRising(heard: readonly (number | 'gone')[]): void {
  expect(heard).toEqual([...new Set(heard)].sort((a, b) => Number(a) - Number(b)))
}
