import { describe, expect, it } from 'vitest'
import type { News } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isGone, isVersion, type Note, note, notes, someId, versions } from './note.ts'
import type { CurrentPair } from './store-contract.ts'

/** The promise: no watcher is further behind than this. Milliseconds. */
const TOLD_WITHIN = { within: 10_000 }
/** A short life, and yet longer than a busy machine takes to begin a few watches. Milliseconds. */
const SHORT = 1_000

export function describeForgetting(pair: CurrentPair): void {
  describe('purgeAt', () => {
    it('forgets a document when its time has come, not before, and tells who watches', async () => {
      const { one, other } = pair()
      const id = someId()
      const purgeAt = one.now() + SHORT
      await one.commit(notes, id, note(1, 'short', purgeAt))
      const here = new Recorder<News<Note>>()
      const there = new Recorder<News<Note>>()
      const watch = await one.watch(notes, id, here.listen)
      await other.watch(notes, id, there.listen)
      expect(watch.document).toEqual(note(1, 'short', purgeAt))

      await eventually(async () => expect(await other.read(notes, id)).toBeUndefined(), TOLD_WITHIN)
      // The store's clock is never ahead of the store, so this can only be wrong if it was forgotten too early.
      expect(one.now()).toBeGreaterThanOrEqual(purgeAt - 50)
      await Promise.all([here.until(isGone, TOLD_WITHIN), there.until(isGone, TOLD_WITHIN)])
      expect(here.heard).toEqual(['gone'])
      expect(there.heard).toEqual(['gone'])
    })

    it('lets a purged document be created again, and tells that too', async () => {
      const { one, other } = pair()
      const id = someId()
      const there = new Recorder<News<Note>>()
      await other.watch(notes, id, there.listen)
      await one.commit(notes, id, note(1))
      await there.until(isVersion(1))
      await one.commit(notes, id, note(2, 'short', one.now() + SHORT))
      await there.until(isGone, TOLD_WITHIN)
      expect(await one.commit(notes, id, note(3))).toBe('conflict')
      expect(await one.commit(notes, id, note(1, 'again'))).toBe('committed')
      await eventually(() => expect(there.heard.at(-1)).toEqual(note(1, 'again')))
      expect(versions(there.heard)).toEqual([1, 2, 'gone', 1])
      expect(await other.read(notes, id)).toEqual(note(1, 'again'))
    })

    it('keeps a document whose time was moved or taken away', async () => {
      const { one, other } = pair()
      const [moved, freed, witness] = [someId(), someId(), someId()]
      const there = new Recorder<News<Note>>()
      const gone = new Recorder<News<Note>>()
      const purgeAt = one.now() + SHORT
      for (const id of [moved, freed, witness]) await one.commit(notes, id, note(1, 'short', purgeAt))
      await other.watch(notes, moved, there.listen)
      await other.watch(notes, freed, there.listen)
      await other.watch(notes, witness, gone.listen)
      await one.commit(notes, moved, note(2, 'longer', purgeAt + 60_000))
      await one.commit(notes, freed, note(2))
      await gone.until(isGone, TOLD_WITHIN)
      expect(await other.read(notes, moved)).toEqual(note(2, 'longer', purgeAt + 60_000))
      expect(await other.read(notes, freed)).toEqual(note(2))
      expect(versions(there.heard)).toEqual([2, 2])
    })

    it('tells `gone` once, and nothing to a watch that began after', async () => {
      const { one, other } = pair()
      const id = someId()
      const early = new Recorder<News<Note>>()
      await other.watch(notes, id, early.listen)
      await one.commit(notes, id, note(1, 'short', one.now() + SHORT))
      await early.until(isGone, TOLD_WITHIN)
      const late = new Recorder<News<Note>>()
      const watch = await other.watch(notes, id, late.listen)
      expect(watch.document).toBeUndefined()
      await one.commit(notes, id, note(1, 'again'))
      await Promise.all([early.until(isVersion(1)), late.until(isVersion(1))])
      expect(versions(early.heard)).toEqual([1, 'gone', 1])
      expect(versions(late.heard)).toEqual([1])
    })
  })
}
