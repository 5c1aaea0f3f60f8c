/**
 * Counts down to a deadline of the hub's. The page's own clock may be minutes wrong, so it is never asked: the time left
 * when the hub spoke is (deadline - the hub's clock), and `performance.now()` counts from there.
 */
export class Countdown {
  #end = Number.POSITIVE_INFINITY
  #deadline: number | undefined

  /**
   * Every word of the hub's is late by its journey, never early: so the shortest time left ever heard of a deadline is the
   * truest. A question to a phone has a deadline of its own, and may be asked again.
   */
  hear(view: {
    readonly serverDate: number
    readonly expiresDate: number
    readonly questionExpiresDate?: number
  }): void {
    const deadline = view.questionExpiresDate ?? view.expiresDate
    if (deadline !== this.#deadline) this.#end = Number.POSITIVE_INFINITY
    this.#deadline = deadline
    this.#end = Math.min(this.#end, performance.now() + deadline - view.serverDate)
  }

  /** Undefined until the hub has spoken. */
  get secondsLeft(): number | undefined {
    if (this.#deadline === undefined) return undefined
    return Math.max(0, Math.ceil((this.#end - performance.now()) / 1000))
  }
}

/** "45 seconds", "4 minutes", "2 hours", in the reader's language. */
export function inWords(seconds: number, language?: string): string {
  const [size, unit] = seconds < 60 ? [1, 'second'] : seconds < 5400 ? [60, 'minute'] : [3600, 'hour']
  const words = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  return words.format(Math.round(seconds / size))
}

/** The language an element is written in; undefined (the browser's own) when none is said, or what is said is none. */
export function languageOf(element: Element): string | undefined {
  try {
    return Intl.getCanonicalLocales(element.closest<HTMLElement>('[lang]')?.lang)[0]
  } catch {
    return undefined
  }
}
