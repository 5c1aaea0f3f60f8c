import { expect, it } from 'vitest'
import { askApprover } from '../../server/challenge/ask-approver.ts'
import { CHALLENGE, type Challenge } from '../../server/challenge/challenge.ts'
import { INBOX } from '../../server/challenge/inbox.ts'
import { watchChallenge } from '../../server/challenge/watch-challenge.ts'
import { MemoryStore } from '../../server/store/memory/memory-store.ts'
import type { Document, Kind, Store } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { contextOn, OPENED } from './samples.ts'

/* An authentication asks a person, gives it up, and asks again: what is known of the first question does not speak of the second. */

const UNTIL = OPENED + 300_000
const part = (status: string) => ({ step: { status }, kept: {} }) as unknown as Challenge['authentication']

const authentication = (id: string, asked: Challenge['asked']): Challenge => ({
  id,
  version: 1,
  status: 'started',
  complete: false,
  statusVersion: 1,
  createdAt: OPENED,
  statusUpdatedAt: OPENED,
  expiresAt: UNTIL,
  purgeAt: UNTIL + 300_000,
  claims: [],
  approver: 'ada',
  authentication: part('x'),
  asked,
})

it('a question that is asked anew stays on the list, whoever finds at that moment that it was given up', async () => {
  let now = OPENED
  const memory = new MemoryStore({ now: () => now })
  let meanwhile: (() => Promise<unknown>) | undefined
  const store: Store = {
    read: async <D extends Document>(kind: Kind<D>, id: string) => {
      const found = await memory.read(kind, id)
      if (kind.name === 'challenge' && meanwhile) {
        const act = meanwhile
        meanwhile = undefined
        await act()
      }
      return found
    },
    commit: (...given) => memory.commit(...given),
    watch: (...given) => memory.watch(...given),
    now: () => memory.now(),
  }
  const context = contextOn(store, {}, { pendingPerApprover: 1 })
  const other = contextOn(memory, {}, { pendingPerApprover: 1 })
  await askApprover(context, 'ada', { id: 'first', expiresAt: UNTIL })
  await memory.commit(CHALLENGE, 'first', authentication('first', undefined))
  now += 11_000
  meanwhile = () => askApprover(other, 'ada', { id: 'first', expiresAt: UNTIL, isAnew: true })
  await expect(askApprover(context, 'ada', { id: 'second', expiresAt: UNTIL })).rejects.toThrow('At most 1 requests')
  expect((await memory.read(INBOX, 'ada'))?.entries.map(({ challenge }) => challenge)).toEqual(['first'])
  await memory.close()
})

it('a question that is asked anew counts, a creation that is repeated does not', async () => {
  const memory = new MemoryStore({ now: () => OPENED })
  const context = contextOn(memory, {}, { requestsPerApproverMinute: 3 })
  const first = { id: 'first', expiresAt: UNTIL }
  for (let at = 0; at < 5; at++) await askApprover(context, 'ada', first)
  await memory.commit(CHALLENGE, 'first', authentication('first', { device: 'phone', version: 1, until: UNTIL }))
  await askApprover(context, 'ada', { ...first, isAnew: true })
  await askApprover(context, 'ada', { ...first, isAnew: true })
  await expect(askApprover(context, 'ada', { ...first, isAnew: true })).rejects.toThrow('come in a minute')
  await memory.close()
})

it('a watcher that hears late of how one question lapsed keeps the time of the next', async () => {
  let now = OPENED
  const memory = new MemoryStore({ now: () => now })
  let isLate = true
  const store: Store = {
    read: (kind, id) => memory.read(kind, id),
    commit: async (kind, id, next, options) => {
      const outcome = await memory.commit(kind, id, next, options)
      // The next question is asked before this one's answer is heard.
      if (isLate && next.version === 2) {
        isLate = false
        const lapsed = next as unknown as Challenge
        const until = OPENED + 2_000
        const again = { ...lapsed, version: 3, asked: { device: 'phone', version: 3, until } }
        await memory.commit(CHALLENGE, 'it', again)
      }
      return outcome
    },
    watch: (...given) => memory.watch(...given),
    now: () => memory.now(),
  }
  const base = contextOn(store)
  const context = { ...base, engine: (kept: NonNullable<Challenge['authentication']>) => ({ part: { ...kept } }) }
  await memory.commit(CHALLENGE, 'it', authentication('it', { device: 'phone', version: 1, until: OPENED + 1_000 }))
  const heard: Challenge[] = []
  const watch = await watchChallenge(context, 'it', (news) => news !== 'gone' && heard.push(news))
  now = OPENED + 1_000
  await eventually(() => heard.at(-1)?.version === 3)
  now = OPENED + 2_000
  await eventually(() => heard.at(-1)?.version === 4)
  expect(heard.at(-1)?.asked).toBeUndefined()
  watch.close()
  await memory.close()
})
