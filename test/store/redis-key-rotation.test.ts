import { randomBytes } from 'node:crypto'
import { describe, it } from 'vitest'
import type { News } from '../../server/store/store.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { openWorld } from './redis-world.ts'

describe.concurrent('redis store: store keys are rotated', () => {
  it('rolls from one store key to the next with no document unreadable on the way', async ({ expect }) => {
    const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
    const steps = [[oldKey], [oldKey, newKey], [newKey, oldKey], [newKey]]
    await using world = await openWorld({ storeKeys: [oldKey] })
    const ids: string[] = []
    for (const [at, storeKeys] of steps.slice(0, -1).entries()) {
      // While instances are replaced one by one, each step runs beside the next: both read what either wrote.
      const now = await world.connect({ storeKeys })
      const next = await world.connect({ storeKeys: steps[at + 1] ?? [] })
      for (const store of [now, next]) {
        const id = someId()
        expect(await store.commit(notes, id, note(1, `step ${at}`))).toBe('committed')
        const heard = new Recorder<News<Note>>()
        await (store === now ? next : now).watch(notes, id, heard.listen)
        await store.commit(notes, id, note(2, `step ${at}`))
        await heard.until(isVersion(2))
        expect(versions(heard.heard)).toEqual([2])
        ids.push(id)
      }
      const readable = at < 2 ? ids : ids.slice(-2)
      for (const store of [now, next]) {
        for (const id of readable) expect((await store.read(notes, id))?.version).toBe(2)
      }
      await now.close()
      await next.close()
    }
  })

  it('keeps what was written under the old store key readable after the old key is gone', async ({ expect }) => {
    const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
    await using world = await openWorld({ storeKeys: [oldKey] })
    const [quiet, read, changed] = [someId(), someId(), someId()]
    for (const id of [quiet, read, changed]) await world.one.commit(notes, id, note(1))
    for (const storeKeys of [
      [oldKey, newKey],
      [newKey, oldKey],
    ]) {
      const store = await world.connect({ storeKeys })
      const { version } = (await store.read(notes, changed)) ?? note(0)
      await store.commit(notes, changed, note(version + 1))
      await store.read(notes, read)
      await store.sealAnew()
      await store.close()
    }
    const store = await world.connect({ storeKeys: [newKey] })
    expect(await store.read(notes, changed)).toEqual(note(3))
    expect(await store.read(notes, read)).toEqual(note(1))
    expect(await store.read(notes, quiet)).toEqual(note(1))
  })

  it('seals anew without a word to anyone, and never over a newer version', async ({ expect }) => {
    const [oldKey, newKey] = [randomBytes(32), randomBytes(32)]
    await using world = await openWorld({ storeKeys: [oldKey] })
    const { one } = world
    const [watched, short, ...busy] = Array.from({ length: 102 }, someId) as [string, string, ...string[]]
    const purgeAt = one.now() + 60_000
    await one.commit(notes, watched, note(1))
    await one.commit(notes, short, note(1, 'short', purgeAt))
    await Promise.all(busy.map((id) => one.commit(notes, id, note(1))))
    await one.watch(notes, watched, () => undefined)
    const [key = ''] = await world.channels()
    const before = await world.client.getBuffer(key)
    const rotating = await world.connect({ storeKeys: [newKey, oldKey] })
    const heard = new Recorder<News<Note>>()
    await rotating.watch(notes, watched, heard.listen)
    await Promise.all([rotating.sealAnew(), ...busy.map((id) => rotating.commit(notes, id, note(2)))])
    expect(await rotating.sealAnew()).toBe(0)

    expect(await world.client.getBuffer(key)).not.toEqual(before)
    await rotating.commit(notes, watched, note(2))
    await heard.until(isVersion(2))
    expect(versions(heard.heard)).toEqual([2])
    expect(rotating.counters).toMatchObject({ rolledBack: 0, repaired: 0 })
    const fresh = await world.connect({ storeKeys: [newKey] })
    for (const id of busy) expect(await fresh.read(notes, id)).toEqual(note(2))
    expect(await fresh.read(notes, short)).toEqual(note(1, 'short', purgeAt))
    await fresh.watch(notes, short, () => undefined)
    const shortKey = (await world.channels()).find((name) => name !== key) ?? ''
    expect(await world.client.pexpiretime(shortKey)).toBe(purgeAt)
  })
})
