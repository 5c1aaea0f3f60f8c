import { describe, expect, it } from 'vitest'
import { create, decide, get, update as patch } from '../../server/challenge/capabilities.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import type { Store } from '../../server/store/store.ts'
import { ADA, backend, contextOn, countedIds, LIFE, OPENED } from './samples.ts'

const SHOP = backend()

/** A store whose clock passes the deadline after an answer was judged and before it is saved. */
function passingDeadline(): Store {
  let now = OPENED
  let judged = 0
  const kept = new MemoryStore({ now: () => now })
  return {
    read: async (kind, id) => {
      const document = await kept.read(kind, id)
      if (document && kind.name === 'challenge' && judged++ === 0) now = OPENED + LIFE - 1
      return document
    },
    commit: async (kind, id, next, options) => {
      if (judged > 0 && kind.name === 'challenge') now = OPENED + LIFE
      return kept.commit(kind, id, next, options)
    },
    watch: (kind, id, listener) => kept.watch(kind, id, listener),
    now: () => now,
  }
}

describe('an answer judged in time and saved too late', () => {
  it.each([
    ['an approval', decide, [ADA, 'id-1', { decision: 'approve' }]],
    ['a denial', decide, [ADA, 'id-1', { decision: 'deny' }]],
    ['an update', patch, ['id-1', { challengeStatus: 'approved', isChallengeComplete: true }]],
  ] as const)('is too late: %s', async (_what, act, words) => {
    const context = contextOn(passingDeadline(), countedIds())
    await create(context, SHOP, { approver: 'ada' })
    const acted = (act as (...words: unknown[]) => Promise<unknown>)(context, ...words)
    const record = expect.objectContaining({ challengeStatus: 'timed_out', isChallengeComplete: true, version: 2 })
    await expect(acted).rejects.toMatchObject({ code: 'challenge_complete', extras: { record } })
    expect(await get(context, SHOP, 'id-1')).toMatchObject({ challengeStatus: 'timed_out', version: 2 })
  })
})
