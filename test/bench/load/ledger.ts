import type { Page, Status } from './page.ts'

interface OnTheWay {
  readonly page: Page
  readonly sentAt: number
  resolve(latency: number): void
}

/** After this an update that has not reached its page counts as lost. */
const LOST_AFTER_MS = 5_000

/** What every page of one server was sent and has heard: so nothing is lost, and nothing told twice, without being counted. */
export class Ledger {
  /** Heard by a page that had heard it before, or that it was never meant for. */
  twice = 0
  #words = 0
  readonly #onTheWay = new Map<string, OnTheWay>()

  follow(page: Page): Page {
    page.onStatus = ({ challengeStatus }) => this.#hear(page, challengeStatus)
    return page
  }

  /** A word no page has heard yet. */
  word(): string {
    return `step-${++this.#words}`
  }

  /** Resolves with the milliseconds from now until the page hears this word; undefined: it is lost. */
  expect(page: Page, word: Status['challengeStatus']): Promise<number | undefined> {
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(undefined), LOST_AFTER_MS)
      const arrive = (latency: number) => {
        clearTimeout(limit)
        resolve(latency)
      }
      this.#onTheWay.set(word, { page, sentAt: performance.now(), resolve: arrive })
    })
  }

  #hear(page: Page, word: string): void {
    const expected = this.#onTheWay.get(word)
    if (expected?.page !== page) {
      this.twice += 1
      return
    }
    this.#onTheWay.delete(word)
    expected.resolve(performance.now() - expected.sentAt)
  }
}
