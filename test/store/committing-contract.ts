import { describe, expect, it } from 'vitest'
import { defineKind } from '../../server/store/store.ts'
import { type Note, note, notes, someId } from './note.ts'
import type { CurrentPair } from './store-contract.ts'

/** How many commit at once where a race is made. */
const RACERS = 100
/** Far enough from now that no clock error matters. Milliseconds. */
const FAR = 60_000

export function describeCommitting(pair: CurrentPair): void {
  describe('read and commit', () => {
    it('reads nothing where nothing was committed', async () => {
      expect(await pair().one.read(notes, someId())).toBeUndefined()
    })

    it('keeps version 1, then version 2, for both instances', async () => {
      const { one, other } = pair()
      const id = someId()
      expect(await one.commit(notes, id, note(1))).toBe('committed')
      expect(await other.read(notes, id)).toEqual(note(1))
      expect(await other.commit(notes, id, note(2))).toBe('committed')
      expect(await one.read(notes, id)).toEqual(note(2))
      expect(await other.read(notes, id)).toEqual(note(2))
    })

    it.each([
      ['absent counts as 0, so version 2 is too early', 0, 2],
      ['version 1 is there already', 1, 1],
      ['version 3 skips one', 1, 3],
      ['version 2 was overtaken', 3, 2],
    ])('refuses what does not follow: %s', async (_why, stored, attempted) => {
      const { one, other } = pair()
      const id = someId()
      for (let version = 1; version <= stored; version++) await one.commit(notes, id, note(version))
      expect(await other.commit(notes, id, note(attempted, 'wrong'))).toBe('conflict')
      expect(await other.read(notes, id)).toEqual(stored === 0 ? undefined : note(stored))
    })

    it('lets exactly one of a hundred commits win, for the first version and for the second', async () => {
      const { one, other } = pair()
      const id = someId()
      for (const version of [1, 2]) {
        const results = await Promise.all(
          Array.from({ length: RACERS }, (_, racer) =>
            (racer % 2 === 0 ? one : other).commit(notes, id, note(version, `by ${racer}`)),
          ),
        )
        const winners = results.flatMap((result, racer) => (result === 'committed' ? [racer] : []))
        expect(winners).toHaveLength(1)
        expect(results.filter((result) => result === 'conflict')).toHaveLength(RACERS - 1)
        expect(await one.read(notes, id)).toEqual(note(version, `by ${winners[0]}`))
        expect(await other.read(notes, id)).toEqual(note(version, `by ${winners[0]}`))
      }
    })

    it('refuses a commit that is late, and saves nothing', async () => {
      const { one, other } = pair()
      const id = someId()
      expect(await one.commit(notes, id, note(1), { before: one.now() - 1 })).toBe('late')
      expect(await other.read(notes, id)).toBeUndefined()
      await one.commit(notes, id, note(1))
      expect(await other.commit(notes, id, note(2), { before: one.now() - FAR })).toBe('late')
      expect(await one.read(notes, id)).toEqual(note(1))
    })

    it('accepts a commit that is in time', async () => {
      const { one, other } = pair()
      const id = someId()
      expect(await one.commit(notes, id, note(1), { before: one.now() + FAR })).toBe('committed')
      expect(await other.commit(notes, id, note(2), { before: other.now() + FAR })).toBe('committed')
      expect(await one.read(notes, id)).toEqual(note(2))
    })

    it.each([
      ['every script', 'Zahlung an Łódź · 承認 · موافقة · 👩‍👩‍👧 \u0000 \u2028 "quotes" \\ \n \r\n'],
      ['a space and a newline first', ' \n12 x\n'],
      ['nothing', ''],
      ['50 KB', 'ü'.repeat(25_000)],
    ])('keeps a text as it is: %s', async (_what, text) => {
      const { one, other } = pair()
      const id = someId()
      await one.commit(notes, id, note(1, text))
      expect(await other.read(notes, id)).toEqual(note(1, text))
    })

    it('takes any id as it is', async () => {
      const { one, other } = pair()
      const ids = ['a:b', 'a b', '{a}b', 'a\nb', 'ä', 'å', '*', '', 'x'.repeat(500)].map((id) => `${someId()}${id}`)
      for (const id of ids) await one.commit(notes, id, note(1, id))
      for (const id of ids) expect((await other.read(notes, id))?.text).toBe(id)
    })

    it('keeps documents of different kinds apart, whatever their ids', async () => {
      const { one } = pair()
      const drafts = defineKind<Note>('draft')
      const id = someId()
      await one.commit(notes, id, note(1, 'a note'))
      expect(await one.read(drafts, id)).toBeUndefined()
      expect(await one.commit(drafts, id, note(1, 'a draft'))).toBe('committed')
      expect((await one.read(notes, id))?.text).toBe('a note')
    })
  })
}
