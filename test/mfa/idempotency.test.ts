import { expect, it } from 'vitest'
import type { MfaContext } from '../../server/mfa/context.ts'
import { idOfNew } from '../../server/mfa/idempotency.ts'
import { Changes } from '../../server/store/change.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'

const store = new MemoryStore()
const context = { challenges: { store, changes: new Changes(store) } } as unknown as MfaContext
const repeatable = { what: 'things', caller: 'shop', key: 'k' }
const wanted = { user: 'ada' }

it('a key leads to one id, for one wish of one caller, and to another where something else is created', async () => {
  const id = await idOfNew(context, repeatable, wanted)
  expect(await idOfNew(context, repeatable, wanted)).toBe(id)
  for (const other of [{ what: 'others' }, { caller: 'bank' }, { key: 'l' }]) {
    expect(await idOfNew(context, { ...repeatable, ...other }, wanted)).not.toBe(id)
  }
  await expect(idOfNew(context, repeatable, { user: 'eve' })).rejects.toMatchObject({ mfa: 'IDEMPOTENCY_KEY_REUSED' })
  expect(await idOfNew(context, undefined, wanted)).not.toBe(await idOfNew(context, undefined, wanted))
})

it('a key is free again once what it led to has come and gone: no old code opens what comes next', async () => {
  const key = { ...repeatable, key: 'gone' }
  const asked: [string, number][] = []
  const hasGone = async (id: string, createdAt: number) => {
    asked.push([id, createdAt])
    return true
  }
  const first = await idOfNew(context, key, wanted)
  const second = await idOfNew(context, key, { user: 'eve' }, { hasGone })
  expect(second).not.toBe(first)
  expect(asked).toMatchObject([[first, expect.any(Number)]])
  expect(await idOfNew(context, key, { user: 'eve' })).toBe(second)
})
