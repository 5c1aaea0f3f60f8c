import { createHmac, type KeyObject } from 'node:crypto'

/** Bytes of the HMAC kept in a name: as hard to guess or to collide as the ids themselves. */
const NAME_BYTES = 24

const REMEMBERED_NAMES = 10_000

/** Makes the names under which Redis sees documents: key and channel in one, one hash tag, and no word of ours in it. */
export class Names {
  readonly #prefix: string
  readonly #key: KeyObject
  /** A document's name is wanted several times while it is in use. */
  readonly #recent = new Map<string, string>()

  constructor(prefix: string, key: KeyObject) {
    this.#prefix = prefix
    this.#key = key
  }

  of(kind: string, id: string): string {
    const what = `${kind}\0${id}`
    const known = this.#recent.get(what)
    if (known) return known
    const name = this.#make(what)
    if (this.#recent.size >= REMEMBERED_NAMES) this.#recent.clear()
    this.#recent.set(what, name)
    return name
  }

  #make(what: string): string {
    const mac = createHmac('sha256', this.#key).update(what).digest()
    return `${this.#prefix}:{${mac.toString('base64url', 0, NAME_BYTES)}}`
  }
}
