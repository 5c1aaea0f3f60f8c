import { describe, expect, it } from 'vitest'
import { Changes } from '../../server/store/change.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { type CommitResult, type Document, defineKind, type Store } from '../../server/store/store.ts'

interface Tally extends Document {
  readonly count: number
}
const TALLY = defineKind<Tally>('tally')

/** A memory store that answers the first commits as told, and counts. */
function rigged(...answers: readonly (CommitResult | Error)[]) {
  const store = new MemoryStore()
  const asked = { reads: 0, commits: 0 }
  const left = [...answers]
  const rigged: Store = {
    read: (kind, id) => {
      asked.reads++
      return store.read(kind, id)
    },
    commit: async (kind, id, next, options) => {
      asked.commits++
      const answer = left.shift()
      if (answer instanceof Error) throw answer
      return answer ?? store.commit(kind, id, next, options)
    },
    watch: (kind, id, listener) => store.watch(kind, id, listener),
    now: () => store.now(),
  }
  return { store: rigged, asked }
}

const addOne = (tally: Tally | undefined) => {
  const next = { version: (tally?.version ?? 0) + 1, count: (tally?.count ?? 0) + 1 }
  return { next, result: next.count }
}
const lost = (times: number, how: CommitResult = 'conflict') => Array.from({ length: times }, () => how)

describe('a change', () => {
  it('is asked again after a lost race, with the document as it then stands', async () => {
    const { store, asked } = rigged('conflict', 'late', 'conflict')
    expect(await new Changes(store).change(TALLY, 't', addOne)).toBe(1)
    expect(asked).toEqual({ reads: 4, commits: 4 })
  })

  it.each(['conflict', 'late'] as const)('wins at the twentieth try (%s)', async (how) => {
    const { store, asked } = rigged(...lost(19, how))
    expect(await new Changes(store).change(TALLY, 't', addOne)).toBe(1)
    expect(asked).toEqual({ reads: 20, commits: 20 })
  })

  it.each(['conflict', 'late'] as const)('is busy after twenty lost races (%s), and saves nothing', async (how) => {
    const { store, asked } = rigged(...lost(20, how))
    const refused = new Changes(store).change(TALLY, 't', addOne)
    await expect(refused).rejects.toMatchObject({ code: 'busy', extras: { retryAfter: 1 } })
    expect(asked).toEqual({ reads: 20, commits: 20 })
    expect(await store.read(TALLY, 't')).toBeUndefined()
  })

  it.each([
    ['undefined', () => ({ result: 'done' })],
    ['the very same document', (tally: Tally | undefined) => ({ next: tally, result: 'done' })],
  ])('to %s commits nothing', async (_what, ask) => {
    const { store, asked } = rigged()
    const changes = new Changes(store)
    await changes.change(TALLY, 't', addOne)
    expect(await changes.change<Tally, string>(TALLY, 't', ask)).toBe('done')
    expect(asked.commits).toBe(1)
  })

  it('waits for those before it on the same document, so that one house loses no race to itself', async () => {
    const { store, asked } = rigged()
    const changes = new Changes(store)
    const results = await Promise.all(Array.from({ length: 200 }, () => changes.change(TALLY, 't', addOne)))
    expect(results).toEqual(Array.from({ length: 200 }, (_, at) => at + 1))
    expect(asked.commits).toBe(200)
  })

  it('that fails does not hold up the next', async () => {
    const { store } = rigged(new Error('away'))
    const changes = new Changes(store)
    const first = changes.change(TALLY, 't', addOne)
    const second = changes.change(TALLY, 't', addOne)
    await expect(first).rejects.toThrow('away')
    expect(await second).toBe(1)
  })

  it('whose question throws is refused with just that, and does not hold up the next', async () => {
    const changes = new Changes(new MemoryStore())
    const refused = changes.change<Tally, number>(TALLY, 't', () => {
      throw new RangeError('no')
    })
    const next = changes.change(TALLY, 't', addOne)
    await expect(refused).rejects.toThrow(RangeError)
    expect(await next).toBe(1)
  })

  it('does not wait for those on other documents', async () => {
    const store = new MemoryStore()
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: Store = {
      read: async (kind, id) => {
        if (id === 'slow') await held
        return store.read(kind, id)
      },
      commit: (kind, id, next, options) => store.commit(kind, id, next, options),
      watch: (kind, id, listener) => store.watch(kind, id, listener),
      now: () => store.now(),
    }
    const changes = new Changes(slow)
    const waiting = changes.change(TALLY, 'slow', addOne)
    expect(await changes.change(TALLY, 'quick', addOne)).toBe(1)
    release()
    expect(await waiting).toBe(1)
  })
})
