import type { Crowd } from '../pages/crowd.ts'
import { live } from './live.ts'
import { type Pace, planLife } from './plan-life.ts'
import type { Scene } from './scene.ts'

const TICK_MS = 50

export interface PopulationOptions {
  readonly seed: number
  readonly pace: Pace
  /** So many pages are waiting at a time. */
  readonly pages: number
  /** New pages per second, at most. */
  readonly growth: number
  readonly scene: Scene
  readonly crowd: Crowd
}

/** Keeps so many pages waiting: where challenges end, new ones begin. */
export class Population {
  readonly #options: PopulationOptions
  readonly #lives = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #begun = 0
  /** Pages of challenges that are not open yet. */
  #expected = 0
  #allowance = 0
  #failure: unknown

  constructor(options: PopulationOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setInterval(() => this.#grow(), TICK_MS)
  }

  /** Begins nothing new, ends what there is, and resolves when every challenge has been looked at a last time. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    const { scene, pages, growth } = this.#options
    scene.bringToEnd((pages / growth) * 1_000)
    await Promise.all(this.#lives)
    if (this.#failure !== undefined) throw this.#failure
  }

  #grow(): void {
    const { pages, growth, crowd } = this.#options
    this.#allowance = Math.min(growth, this.#allowance + (growth * TICK_MS) / 1_000)
    while (this.#allowance >= 1 && crowd.size + this.#expected < pages) this.#begin()
  }

  #begin(): void {
    const { seed, pace, scene } = this.#options
    this.#begun += 1
    const life = planLife(seed, this.#begun, pace)
    const atOnce = life.pages.length
    this.#allowance -= atOnce
    this.#expected += atOnce
    const settled = () => {
      this.#expected -= atOnce
    }
    const lived = live(life, scene, settled).catch((error: unknown) => {
      this.#failure ??= error
    })
    this.#lives.add(lived)
    void lived.then(() => this.#lives.delete(lived))
  }
}
