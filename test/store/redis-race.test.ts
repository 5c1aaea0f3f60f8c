import { describe, expect, it } from 'vitest'
import { openWorld } from './redis-world.ts'
import { raceWatchAgainstCommit } from './watch-race.ts'

describe.each([
  ['sealed', undefined],
  ['in the clear', [] as const],
])('redis store: watch while another instance commits, %s', (_how, storeKeys) => {
  it.each([0, 2, 10])('loses nothing when the subscriber link is %i ms late', async (delay) => {
    await using world = await openWorld(storeKeys && { storeKeys })
    world.news.delay(delay)
    const { lost, reordered } = await raceWatchAgainstCommit({
      watcher: world.one,
      committer: world.other,
      rounds: 1_000,
      seed: 1_000 + delay,
    })
    expect({ lost, reordered }).toEqual({ lost: 0, reordered: 0 })
  })
})
