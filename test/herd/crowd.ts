import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { lifeline } from '../support/lifeline.ts'
import type { Order, Report } from './crowd-process.ts'

const SCRIPT = fileURLToPath(new URL('crowd-process.ts', import.meta.url))
/** One process holds so many; each costs it a file. */
const PAGES_PER_PROCESS = 5_000
const CONNECTING_AT_ONCE = 64

/** Pages in processes of their own, so that they do not share a loop with whoever watches the clock. */
export class Crowd {
  readonly back: (readonly [at: number, hubSays: number])[] = []
  news = 0
  readonly #children: ChildProcess[] = []
  readonly #live = new Map<ChildProcess, number>()
  readonly #sentAway = new Map<ChildProcess, Readonly<Record<string, number>>>()
  readonly #fellBack = new Map<ChildProcess, number>()

  /** @param ports where pages connect, in the order in which they try */
  constructor(tokens: readonly string[], ports: readonly number[]) {
    for (let from = 0; from < tokens.length; from += PAGES_PER_PROCESS) {
      const child = fork(SCRIPT, { execArgv: ['--import', 'tsx'] })
      this.#children.push(child)
      child.once('exit', lifeline(child.pid ?? 0))
      child.on('message', (report: Report) => this.#hear(child, report))
      const own = tokens.slice(from, from + PAGES_PER_PROCESS)
      child.send({ tokens: own, ports, atOnce: CONNECTING_AT_ONCE } satisfies Order)
    }
  }

  get live(): number {
    return sumOf(this.#live)
  }

  /** How often pages turned to HTTP. */
  get fellBack(): number {
    return sumOf(this.#fellBack)
  }

  /** How often pages were sent away, by the word (or the bare status) they were told. */
  get sentAway(): Readonly<Record<string, number>> {
    const sum: Record<string, number> = {}
    for (const counts of this.#sentAway.values()) {
      for (const [how, count] of Object.entries(counts)) sum[how] = (sum[how] ?? 0) + count
    }
    return sum
  }

  async leave(): Promise<void> {
    const exits = this.#children.map((child) => new Promise((resolve) => child.once('exit', resolve)))
    for (const child of this.#children) child.disconnect()
    await Promise.all(exits)
  }

  #hear(child: ChildProcess, { live, back, news, sentAway, fellBack }: Report): void {
    this.#live.set(child, live)
    this.#sentAway.set(child, sentAway)
    this.#fellBack.set(child, fellBack)
    for (const each of back) this.back.push(each)
    this.news += news
  }
}

function sumOf(counts: ReadonlyMap<unknown, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
