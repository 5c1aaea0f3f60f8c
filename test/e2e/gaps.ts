/** How long those who wait for news did not know what had been acknowledged. Milliseconds. */
export class Gaps {
  readonly lengths: number[] = []
  readonly #watchers = new Map<string, { known: number; readonly open: Map<number, number> }>()

  /** A change that was acknowledged to whoever made it: from now on this watcher should know of it. */
  acknowledged(watcher: string, version: number): void {
    const { known, open } = this.#watcher(watcher)
    if (known >= version) this.lengths.push(0)
    else open.set(version, performance.now())
  }

  /** The watcher was told this version, and with it all before. */
  told(watcher: string, version: number): void {
    const watching = this.#watcher(watcher)
    watching.known = Math.max(watching.known, version)
    for (const [acknowledged, at] of watching.open) {
      if (acknowledged > version) continue
      watching.open.delete(acknowledged)
      this.lengths.push(performance.now() - at)
    }
  }

  /** What was acknowledged and never told. */
  get lost(): number {
    return [...this.#watchers.values()].reduce((sum, { open }) => sum + open.size, 0)
  }

  #watcher(name: string) {
    const watcher = this.#watchers.get(name) ?? { known: 0, open: new Map<number, number>() }
    this.#watchers.set(name, watcher)
    return watcher
  }
}
