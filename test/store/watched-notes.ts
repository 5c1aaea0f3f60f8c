import { expect } from 'vitest'
import type { RedisStore } from '../../server/store/redis/redis-store.ts'
import { type News, type Store, StoreUnavailable } from '../../server/store/store.ts'
import { eventually } from '../support/eventually.ts'
import { Recorder } from '../support/recorder.ts'
import { isVersion, type Note, note, notes, someId, versions } from './note.ts'

/** The promise: no watcher is further behind than this while the store can be reached. Milliseconds. */
const PROMISED = { within: 10_000 }
/** News that comes as a message, and not by the safety net. Milliseconds. */
const AT_ONCE = { within: 1_000 }

/** Several documents that one store watches and another one changes. */
export class WatchedNotes {
  readonly #watcher: RedisStore
  readonly #writer: Store
  readonly #notes: readonly { readonly id: string; readonly heard: Recorder<News<Note>>; version: number }[]

  private constructor(watcher: RedisStore, writer: Store, ids: readonly string[]) {
    this.#watcher = watcher
    this.#writer = writer
    this.#notes = ids.map((id) => ({ id, heard: new Recorder<News<Note>>(), version: 1 }))
  }

  /** Creates so many documents, and begins to watch them. */
  static async begin(watcher: RedisStore, writer: Store, count: number): Promise<WatchedNotes> {
    const all = new WatchedNotes(
      watcher,
      writer,
      Array.from({ length: count }, () => someId()),
    )
    for (const { id, heard } of all.#notes) {
      await writer.commit(notes, id, note(1))
      await watcher.watch(notes, id, heard.listen)
    }
    return all
  }

  get ids(): readonly string[] {
    return this.#notes.map(({ id }) => id)
  }

  /** Commits a next version of every one, again and again until the store takes it. */
  async changeAll({ within = 20_000 } = {}): Promise<void> {
    await Promise.all(
      this.#notes.map((each) =>
        eventually(
          async () => {
            // A commit that was told to have failed may have been done all the same.
            const stands = (await this.#writer.read(notes, each.id))?.version ?? 0
            const isDone = stands > each.version
            if (!isDone) expect(await this.#commit(each.id, stands + 1)).toBe('committed')
            each.version = isDone ? stands : stands + 1
          },
          { within, every: 100 },
        ),
      ),
    )
  }

  /** The newest version of every one has been heard, in order, and none twice, but for what a failover undid. */
  async allHeard({ within } = PROMISED): Promise<void> {
    await Promise.all(this.#notes.map(({ heard, version }) => heard.until(isVersion(version), { within })))
    const back = this.#notes.map(({ heard }) => stepsBack(versions(heard.heard).map(Number)))
    expect(back.reduce((sum, steps) => sum + steps, 0)).toBeLessThanOrEqual(this.#watcher.counters.rolledBack)
  }

  /** From here on everything comes at once again. */
  async allIsWell(): Promise<void> {
    await this.changeAll()
    await this.allHeard(AT_ONCE)
  }

  async #commit(id: string, version: number): Promise<string> {
    try {
      return await this.#writer.commit(notes, id, note(version))
    } catch (error) {
      if (error instanceof StoreUnavailable) return error.message
      throw error
    }
  }
}

/** How often a version was not newer than the one before. */
function stepsBack(told: readonly number[]): number {
  return told.filter((version, at) => at > 0 && version <= (told[at - 1] ?? 0)).length
}
