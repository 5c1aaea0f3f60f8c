import { expect, it } from 'vitest'
import { createPendingList } from '../../client-sdk/pending-list.ts'
import { approval } from './samples.ts'

const ids = (approvals: readonly { challenge: string }[]) => approvals.map(({ challenge }) => challenge)

it('holds each challenge once, by whatever roads it came', () => {
  const list = createPendingList()
  expect(ids(list.add(approval('a')).added)).toEqual(['a'])
  expect(list.add(approval('a'))).toEqual({ changed: false, added: [], removed: [] })
  expect(ids(list.replace([approval('a'), approval('a'), approval('b')]).added)).toEqual(['b'])
  expect(ids(list.approvals)).toEqual(['a', 'b'])
})

it('takes a newer version of the same challenge as a change, not as another', () => {
  const list = createPendingList()
  list.add(approval('a', 1))
  expect(list.add(approval('a', 2))).toEqual({ changed: true, added: [], removed: [] })
  expect(list.add(approval('a', 1)).changed).toBe(false)
  expect(list.approvals.map(({ version }) => version)).toEqual([2])
})

it('says what a whole list takes away', () => {
  const list = createPendingList()
  list.replace([approval('a'), approval('b')])
  const { changed, removed } = list.replace([approval('b')])
  expect([changed, ids(removed)]).toEqual([true, ['a']])
})

it('is changed by the first whole list even when that is empty, not by the next', () => {
  const list = createPendingList()
  expect(list.remove('a', 2).changed).toBe(false)
  expect(list.replace([])).toEqual({ changed: true, added: [], removed: [] })
  expect(list.replace([]).changed).toBe(false)
})

it('is not changed by being told the same again, or by a removal of what it does not hold', () => {
  const list = createPendingList()
  list.replace([approval('a')])
  const { revision } = list
  expect(list.replace([{ ...approval('a'), serverDate: 5 }]).changed).toBe(false)
  expect(list.remove('b').changed).toBe(false)
  expect(list.revision).toBe(revision)
})

it('does not let an older list bring back what was decided', () => {
  const list = createPendingList()
  list.replace([approval('a', 1)])
  list.remove('a', 2)
  expect(list.replace([approval('a', 1)])).toEqual({ changed: false, added: [], removed: [] })
  expect(list.add(approval('a', 1)).changed).toBe(false)
  expect(list.add(approval('a', 3)).changed).toBe(true)
})

it('forgets a decision once the hub has', () => {
  const list = createPendingList()
  list.replace([approval('a', 1)])
  list.remove('a', 2)
  list.replace([])
  expect(list.replace([approval('a', 1)]).changed).toBe(true)
})
