/** Writes down everything it hears, and lets a test wait for something to be heard. */
export class Recorder<T> {
  readonly heard: T[] = []
  readonly #waiting = new Set<() => void>()

  /** Give this to whoever tells. */
  readonly listen = (news: T): void => {
    this.heard.push(news)
    for (const look of [...this.#waiting]) look()
  }

  /** Resolves with the first thing ever heard that `wanted` accepts; rejects after `within` milliseconds. */
  until(wanted: (news: T) => boolean, { within = 5_000 }: { within?: number } = {}): Promise<T> {
    let seen = 0
    return new Promise((resolve, reject) => {
      const look = () => {
        for (; seen < this.heard.length; seen++) {
          const news = this.heard[seen] as T
          if (wanted(news)) return settle(() => resolve(news))
        }
      }
      const settle = (how: () => void) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        how()
      }
      const tooLate = new Error(`not heard within ${within} ms`)
      const timer = setTimeout(() => {
        tooLate.message += `; heard: ${JSON.stringify(this.heard)}`
        settle(() => reject(tooLate))
      }, within)
      this.#waiting.add(look)
      look()
    })
  }
}
