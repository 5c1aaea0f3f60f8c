import type { News, Store, Watch } from '../../server/store/store.ts'
import { Recorder } from '../support/recorder.ts'
import { type Note, notes, versions } from './note.ts'

/**
 * What one watcher comes to know, in order: what its listener heard, and, when its watch began, the document as it
 * stood, unless the listener had been told of that very version by then.
 */
export class Sight {
  readonly news = new Recorder<News<Note>>()
  #snapshot: { readonly after: number; readonly version: number } | undefined
  readonly #onSeen: (version: number) => void
  #watch: Watch<Note> | undefined

  /** @param onSeen told of each version the moment it is seen */
  constructor(onSeen: (version: number) => void = () => undefined) {
    this.#onSeen = onSeen
  }

  /** Begins to watch. */
  async begin(store: Store, id: string): Promise<Watch<Note>> {
    this.#watch = await store.watch(notes, id, (news) => {
      if (news !== 'gone') this.#onSeen(news.version)
      this.news.listen(news)
    })
    this.#snapshot = { after: this.news.heard.length, version: this.#watch.document?.version ?? 0 }
    this.#onSeen(this.first)
    return this.#watch
  }

  /** The version the document had when the watch began; 0: there was none. */
  get first(): number {
    return this.#snapshot?.version ?? 0
  }

  get versions(): (number | 'gone')[] {
    const heard = versions(this.news.heard)
    if (!this.#snapshot) return heard
    const { after, version } = this.#snapshot
    return [...heard.slice(0, after), ...(heard[after - 1] === version ? [] : [version]), ...heard.slice(after)]
  }

  /** Whether no version was seen twice or after a newer one. */
  get isRising(): boolean {
    return this.versions.every((version, at, all) => at === 0 || Number(version) > Number(all[at - 1]))
  }

  end(): void {
    this.#watch?.close()
  }
}
