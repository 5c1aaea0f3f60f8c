import { describe, it } from 'vitest'
import { RedisStore } from '../../server/store/redis/redis-store.ts'
import { StoreUnavailable } from '../../server/store/store.ts'
import { type Note, note, notes, someId } from './note.ts'
import { openWorld } from './redis-world.ts'

describe.concurrent('redis store: an instance that has just begun', () => {
  it('finds what there is and saves what others find, or says that it can not yet', async ({ expect }) => {
    const storeKeys = [Buffer.alloc(32, 3)]
    await using world = await openWorld({ storeKeys })
    const { other, commands, news, prefix } = world
    const kept = someId()
    await other.commit(notes, kept, note(1))
    // So far away that its first questions are asked long before it has agreed with others on how things are called.
    commands.delay(40)
    news.delay(40)
    const began = performance.now()
    const fresh = RedisStore.open({ url: commands.url, subscriberUrl: news.url, prefix, storeKeys })
    const found: (Note | undefined)[] = []
    const saved: string[] = []
    const tell = (error: unknown) => expect(error).toBeInstanceOf(StoreUnavailable)
    const asking: Promise<unknown>[] = []
    let connected = false
    fresh.connected.then(() => {
      connected = true
    })
    while (!connected) {
      const id = someId()
      asking.push(
        fresh.read(notes, kept).then((document) => found.push(document), tell),
        fresh.watch(notes, kept, () => undefined).then(({ document }) => found.push(document), tell),
        fresh.commit(notes, id, note(1)).then(() => saved.push(id), tell),
      )
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await Promise.all(asking)
    expect(performance.now() - began).toBeGreaterThan(80)
    expect(found.length).toBeGreaterThan(10)
    for (const document of found) expect(document).toEqual(note(1))
    expect(saved.length).toBeGreaterThan(5)
    for (const id of saved) expect(await other.read(notes, id)).toEqual(note(1))
    await fresh.close()
  })
})
