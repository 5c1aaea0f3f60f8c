import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import { note, notes, someId } from './note.ts'
import { describeStore } from './store-contract.ts'

describeStore('memory (it lives in one process: both instances are the same store)', async () => {
  const faults: unknown[] = []
  const store = new MemoryStore({ onListenerError: (fault) => faults.push(fault) })
  return { one: store, other: store, faults, close: () => store.close() }
})

describe('memory store', () => {
  it('goes by the clock it was given', async () => {
    let now = 1_000
    const store = new MemoryStore({ now: () => now })
    const id = someId()
    expect(store.now()).toBe(1_000)
    expect(await store.commit(notes, id, note(1), { before: 1_001 })).toBe('committed')
    now = 1_001
    expect(await store.commit(notes, id, note(2), { before: 1_001 })).toBe('late')
    await store.close()
  })

  it('keeps nothing of a watch that has ended', async () => {
    const store = new MemoryStore()
    const id = someId()
    const first = await store.watch(notes, id, () => undefined)
    const second = await store.watch(notes, id, () => undefined)
    expect(store.watches()).toBe(1)
    first.close()
    expect(store.watches()).toBe(1)
    second.close()
    expect(store.watches()).toBe(0)
    await store.close()
  })
})
