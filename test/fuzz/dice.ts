import { seededRandom } from '../support/random.ts'

/** Chance that can be repeated, in the shapes a fuzzer throws it. */
export class Dice {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** A whole number, 0…below - 1. */
  below(below: number): number {
    return Math.floor(this.#random() * below)
  }

  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(probability: number): boolean {
    return this.#random() < probability
  }

  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  /** One of these, by weight. */
  weighed<T>(from: readonly (readonly [weight: number, what: T])[]): T {
    let left = this.#random() * from.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, what] of from) {
      left -= weight
      if (left < 0) return what
    }
    return this.pick(from)[1]
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  /** The same bytes with a few of them flipped, dropped, doubled or exchanged for others. */
  spoil(bytes: Buffer): Buffer {
    let spoilt = bytes
    for (let times = this.between(1, 4); times > 0; times--) {
      const at = this.below(spoilt.length + 1)
      const behind = at + this.pick([0, 0, 1, 1, 2, 8, 40])
      const other = this.pick([Buffer.of(), this.bytes(1), this.bytes(this.below(20)), spoilt.subarray(at, behind)])
      const kept = this.chance(0.5) ? behind : at
      spoilt = Buffer.concat([spoilt.subarray(0, at), other, spoilt.subarray(kept)])
    }
    return spoilt
  }
}
