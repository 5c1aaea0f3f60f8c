import { describe, it } from 'vitest'
import { type CommitResult, type News, StoreUnavailable } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId, versions } from './note.ts'
import { openWorld, type RedisWorld } from './redis-world.ts'

describe.concurrent('redis store: the answer to a commit is lost', () => {
  it('recognises its own commit', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    await one.commit(notes, id, note(1))
    const heard = new Recorder<News<Note>>()
    await one.watch(notes, id, heard.listen)
    const result = await loseTheAnswer(
      world,
      () => one.commit(notes, id, note(2)),
      async () => {
        await eventually(async () => expect(await other.read(notes, id)).toEqual(note(2)), { every: 1 })
      },
    )
    expect(result).toBe('committed')
    expect(await other.read(notes, id)).toEqual(note(2))
    await other.commit(notes, id, note(3))
    await heard.until(isVersion(3))
    expect(versions(heard.heard)).toEqual([2, 3])
  })

  it('recognises its own commit when others have committed on top of it', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    await one.commit(notes, id, note(1))
    const heard = new Recorder<News<Note>>()
    await one.watch(notes, id, heard.listen)
    const result = await loseTheAnswer(
      world,
      () => one.commit(notes, id, note(2)),
      async () => {
        await eventually(async () => expect(await other.read(notes, id)).toEqual(note(2)), { every: 1 })
        for (const version of [3, 4, 5]) expect(await other.commit(notes, id, note(version))).toBe('committed')
      },
    )
    expect(result).toBe('committed')
    expect(await one.read(notes, id)).toEqual(note(5))
    await heard.until(isVersion(5))
    expect(versions(heard.heard)).toEqual([2, 3, 4, 5])
  })

  it('still tells the loser that it lost', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    await one.commit(notes, id, note(1))
    await other.commit(notes, id, note(2, 'the winner'))
    const before = await world.calls('evalsha')
    const result = await loseTheAnswer(
      world,
      () => one.commit(notes, id, note(2, 'the loser')),
      async () => {
        await eventually(async () => expect(await world.calls('evalsha')).toBeGreaterThan(before), { every: 1 })
      },
    )
    expect(result).toBe('conflict')
    expect((await other.read(notes, id))?.text).toBe('the winner')
  })

  it('still tells who was late that it was late, and a commit that came in time that it was saved', async ({
    expect,
  }) => {
    await using world = await openWorld()
    const { one, other } = world
    const id = someId()
    const before = one.now() + 150
    const result = await loseTheAnswer(
      world,
      () => one.commit(notes, id, note(1), { before }),
      async () => {
        await eventually(async () => expect(await other.read(notes, id)).toEqual(note(1)), { every: 1 })
        // By now it would be refused; but it was saved before.
        await eventually(() => expect(other.now()).toBeGreaterThan(before))
      },
    )
    expect(result).toBe('committed')
  })

  it('promises nothing when no answer comes at all', async ({ expect }) => {
    await using world = await openWorld()
    const { one, other, commands } = world
    const id = someId()
    await one.commit(notes, id, note(1))
    commands.filter(() => false)
    await expect(one.commit(notes, id, note(2))).rejects.toThrow(StoreUnavailable)
    expect(await other.read(notes, id)).toEqual(note(2))
  })
})

/** Has Redis carry out a commit, swallows what it answers, does `meanwhile`, and then breaks the connection. */
async function loseTheAnswer(
  { commands }: RedisWorld,
  commit: () => Promise<CommitResult>,
  meanwhile: () => Promise<void>,
): Promise<CommitResult> {
  let swallowed = 0
  commands.filter(() => {
    swallowed += 1
    return false
  })
  const committing = commit()
  committing.catch(() => undefined)
  try {
    await meanwhile()
    await eventually(() => swallowed > 0, { every: 1 })
  } finally {
    commands.filter()
    commands.cut()
  }
  return committing
}
