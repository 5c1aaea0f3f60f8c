import { setTimeout as pause } from 'node:timers/promises'
import { HubError } from '../errors.ts'
import type { Document, Kind, Store } from './store.ts'

/** How often a lost race is run again before the caller is told to come back. */
const TRIES = 20
/** After this long a turn goes ahead although the one before is not over: in a slow store nobody waits for everybody. Milliseconds. */
const LONGEST_TURN_MS = 100
/** The longest pause after a lost race; it grows to this with the tries. Milliseconds. */
const LONGEST_PAUSE_MS = 50

/** What is to become of a document, and what to tell whoever asked. */
export interface Change<D extends Document, Result> {
  /** The document as it shall be, with the next version; undefined or unchanged: nothing is committed. */
  readonly next?: D | undefined
  /** Refuse to commit from this moment on, by the store's clock; the question is then asked again. */
  readonly before?: number | undefined
  readonly result: Result
}

/** What this instance last saw of a document it watches; undefined when it watches none such. It may be behind. */
export type Recall = <D extends Document>(kind: Kind<D>, id: string) => D | undefined

/**
 * Reads a document, asks what is to become of it, commits, and on a lost race reads and asks again. One queue per
 * document and instance, so that racers of one house don't wear each other out.
 */
export class Changes {
  readonly #store: Store
  readonly #recall: Recall
  readonly #queues = new Map<string, Promise<unknown>>()

  constructor(store: Store, recall: Recall = () => undefined) {
    this.#store = store
    this.#recall = recall
  }

  change<D extends Document, Result>(
    kind: Kind<D>,
    id: string,
    ask: (document: D | undefined, now: number) => Change<D, Result>,
  ): Promise<Result> {
    const queue = `${kind.name}:${id}`
    const before = this.#queues.get(queue)
    const turn = before ? settledOrSlow(before).then(() => this.#run(kind, id, ask)) : this.#run(kind, id, ask)
    this.#queues.set(queue, turn)
    return turn.finally(() => {
      if (this.#queues.get(queue) === turn) this.#queues.delete(queue)
    })
  }

  async #run<D extends Document, Result>(
    kind: Kind<D>,
    id: string,
    ask: (document: D | undefined, now: number) => Change<D, Result>,
  ): Promise<Result> {
    // A watched document need not be read first: the commit's compare keeps it honest. Whatever memory alone would refuse
    // or leave as it is, the store is asked about.
    let document = this.#recall(kind, id)
    for (let outdated: D | undefined; document && document !== outdated; document = this.#recall(kind, id)) {
      const asked = answerOrNone(() => ask(document as D, this.#store.now()))
      if (!asked?.next || asked.next === document) break
      const { next, before, result } = asked
      const outcome = await this.#store.commit(kind, id, next, { before })
      if (outcome === 'committed') return result
      // Whoever was quicker may be known by now.
      if (outcome === 'late' || outdated) break
      outdated = document
    }
    for (let tries = 1; tries <= TRIES; tries++) {
      document = await this.#store.read(kind, id)
      const { next, before, result } = ask(document, this.#store.now())
      if (!next || next === document) return result
      if ((await this.#store.commit(kind, id, next, { before })) === 'committed') return result
      await pause(Math.random() * Math.min(LONGEST_PAUSE_MS, 2 * tries))
    }
    throw new HubError('busy', 'Too many others are changing this at the same moment. Try again.', { retryAfter: 1 })
  }
}

/** What memory alone would refuse, the store is asked about: it is thrown then. */
function answerOrNone<Answer>(ask: () => Answer): Answer | undefined {
  try {
    return ask()
  } catch {
    return undefined
  }
}

/** Resolves when the turn is over, however it went, or takes too long. */
function settledOrSlow(turn: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_TURN_MS)
    const over = () => {
      clearTimeout(timer)
      resolve()
    }
    turn.then(over, over)
  })
}
