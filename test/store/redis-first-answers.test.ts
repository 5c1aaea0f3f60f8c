import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { StoreUnavailable } from '../../server/store/store.ts'
import { startProxy } from '../support/tcp-proxy.ts'
import { note, notes, someId } from './note.ts'
import { openWorld } from './redis-world.ts'

// Found by the chaos suite: an instance that has just been started makes names with a key of its own until it has asked
// Redis for the common one. What it read meanwhile would be absent, and what it committed nobody else would find.
it('a store that has just begun takes nothing for absent because it cannot name it yet', async () => {
  const storeKeys = [randomBytes(32)]
  await using world = await openWorld({ storeKeys })
  const id = someId()
  await world.other.commit(notes, id, note(1))

  const slow = await startProxy(world.redis.url)
  slow.delay({ toClient: 30 })
  const fresh = RedisStore.open({ url: slow.url, prefix: world.prefix, storeKeys })
  onTestFinished(async () => {
    await fresh.close()
    await slow.stop()
  })
  const answers: unknown[] = []
  const ask = async () => {
    try {
      answers.push((await fresh.read(notes, id))?.version)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }
  while (!answers.includes(1)) await Promise.all([ask(), pause(5)])
  expect(answers).not.toContain(undefined)
})
