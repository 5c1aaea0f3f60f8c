import { createHmac, type KeyObject } from 'node:crypto'

/** Bytes of the HMAC kept in a name: as hard to guess or to collide as the ids themselves. */
const NAME_BYTES = 24

/** Makes the names under which Redis sees documents: key and channel in one, one hash tag, and no word of ours in it. */
export class Names {
  readonly #prefix: string
  readonly #key: KeyObject

  constructor(prefix: string, key: KeyObject) {
    this.#prefix = prefix
    this.#key = key
  }

  of(kind: string, id: string): string {
    const mac = createHmac('sha256', this.#key).update(kind).update('\0').update(id).digest()
    return `${this.#prefix}:{${mac.toString('base64url', 0, NAME_BYTES)}}`
  }
}
