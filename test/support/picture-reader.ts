import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas'

type Fill = (this: SKRSContext2D, letter: string, x: number, y: number) => void

/**
 * Reads pictures as a person does, at the moment they are drawn: nothing else in the hub, and nothing it keeps or tells,
 * says what is on them. Only of pictures that are drawn in this process, one after the other.
 */
export class PictureReader {
  readonly #brush = Object.getPrototypeOf(createCanvas(1, 1).getContext('2d')) as { fillText: Fill }
  readonly #fill = this.#brush.fillText
  #letters = ''

  constructor() {
    const fill = this.#fill
    const read = (letter: string) => {
      this.#letters += letter
    }
    this.#brush.fillText = function (letter, ...where) {
      read(letter)
      return fill.call(this, letter, ...where)
    }
  }

  /** What is on the last picture that was drawn. */
  get text(): string {
    return this.#letters.slice(-6)
  }

  /** How many pictures were drawn. */
  get count(): number {
    return this.#letters.length / 6
  }

  close(): void {
    this.#brush.fillText = this.#fill
  }
}
