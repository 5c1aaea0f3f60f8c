import { randomUUID } from 'node:crypto'
import type { Namespace } from 'socket.io'
import { z } from 'zod'

/** Answers that come later are not waited for. Milliseconds. */
const PATIENCE_MS = 700

const counts = z.object({
  waiting: z.number().int(),
  approvers: z.number().int(),
  watches: z.number().int(),
})

export type Counts = z.output<typeof counts>

const asked = z.tuple([z.string()])
const answered = z.tuple([z.string(), counts])

export interface CountsEverywhere extends Counts {
  readonly instances: { readonly answered: number; readonly expected: number }
}

/** Asks all instances how much they hold, by server-side events over the adapter; with one instance, only itself. */
export class InstanceCounts {
  readonly #namespace: Namespace
  readonly #own: () => Counts
  readonly #onError: (error: unknown) => void
  readonly #open = new Map<string, (counts: Counts) => void>()

  constructor(namespace: Namespace, own: () => Counts, onError: (error: unknown) => void) {
    this.#namespace = namespace
    this.#own = own
    this.#onError = onError
    namespace.on('count', (...words: unknown[]) => {
      const question = asked.safeParse(words)
      if (question.success) namespace.serverSideEmit('counted', question.data[0], own())
    })
    namespace.on('counted', (...words: unknown[]) => {
      const answer = answered.safeParse(words)
      if (answer.success) this.#open.get(answer.data[0])?.(answer.data[1])
    })
  }

  /** The sums over all instances that answer within 0.7 s, and how many those are. */
  async everywhere(): Promise<CountsEverywhere> {
    const all = [this.#own()]
    const expected = await this.#expected()
    if (expected > 1) {
      const question = randomUUID()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE_MS)
        this.#open.set(question, (theirs) => {
          all.push(theirs)
          if (all.length < expected) return
          clearTimeout(timer)
          resolve()
        })
        this.#namespace.serverSideEmit('count', question)
      })
      this.#open.delete(question)
    }
    return { ...sum(all), instances: { answered: all.length, expected: Math.max(expected, all.length) } }
  }

  async #expected(): Promise<number> {
    try {
      return await this.#namespace.adapter.serverCount()
    } catch (error) {
      // Without Redis nobody knows how many there are; this one answers for itself.
      this.#onError(error)
      return 1
    }
  }
}

function sum(all: readonly Counts[]): Counts {
  return all.reduce((total, each) => ({
    waiting: total.waiting + each.waiting,
    approvers: total.approvers + each.approvers,
    watches: total.watches + each.watches,
  }))
}
