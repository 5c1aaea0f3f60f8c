import { expect } from 'vitest'
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
  readonly #writer: Store
  readonly #notes: readonly { readonly id: string; readonly heard: Recorder<News<Note>>; version: number }[]

  private constructor(writer: Store, ids: readonly string[]) {
    this.#writer = writer
    this.#notes = ids.map((id) => ({ id, heard: new Recorder<News<Note>>(), version: 1 }))
  }

  /** Creates so many documents, and begins to watch them. */
  static async begin(watcher: Store, writer: Store, count: number): Promise<WatchedNotes> {
    const all = new WatchedNotes(
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
            if (stands > each.version) each.version = stands
            else expect(await this.#commit(each.id, ++each.version)).toBe('committed')
          },
          { within, every: 100 },
        ),
      ),
    )
  }

  /** The newest version of every one has been heard, in order, and none twice. */
  async allHeard({ within } = PROMISED): Promise<void> {
    await Promise.all(this.#notes.map(({ heard, version }) => heard.until(isVersion(version), { within })))
    for (const { heard } of this.#notes) {
      const told = versions(heard.heard).map(Number)
      expect(told).toEqual([...new Set(told)].sort((a, b) => a - b))
    }
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
