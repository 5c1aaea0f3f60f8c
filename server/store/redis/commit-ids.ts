import { randomBytes } from 'node:crypto'

/** Makes ids no two commits of any instance share: 72 random bits of this process, and a count. */
export class CommitIds {
  readonly #process = randomBytes(9).toString('base64url')
  #count = 0

  next(): string {
    this.#count += 1
    return this.#process + this.#count.toString(36)
  }
}
