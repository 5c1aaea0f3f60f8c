import { seededRandom } from '../../support/random.ts'

/** Decisions that can be repeated: the same for the same seed. */
export class Chance {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** From `least` up to, not including, `most`. */
  between(least: number, most: number): number {
    return least + this.#random() * (most - least)
  }

  /** A whole number from 0 up to, not including, `count`. */
  below(count: number): number {
    return Math.floor(this.#random() * count)
  }

  happens(probability: number): boolean {
    return this.#random() < probability
  }

  /** One of the words, each as often as its weight says. */
  weighted<Word extends string>(weights: Readonly<Record<Word, number>>): Word {
    const words = Object.entries(weights) as [Word, number][]
    let left = this.#random() * words.reduce((sum, [, weight]) => sum + weight, 0)
    const chosen = words.find(([, weight]) => {
      left -= weight
      return left < 0
    })
    return (chosen ?? (words.at(-1) as [Word, number]))[0]
  }

  shuffled<T>(all: readonly T[]): T[] {
    const left = [...all]
    return all.map(() => left.splice(this.below(left.length), 1)[0] as T)
  }
}
