import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { deriveKey } from './derive-key.ts'

/** Two blocks, both random, and each id enciphered to one name for good: there is nothing for a vector or for padding to hide. */
const CIPHER = 'aes-256-cbc'
const NO_VECTOR = Buffer.alloc(16)
const BYTES = 32

/**
 * A second name for what has a random id of 32 bytes, for those alone who are told: it does not follow from the id, which
 * others know, and is as hard to guess. It is the id, enciphered: nothing has to be kept.
 */
export class SecretNames {
  readonly #keys: readonly KeyObject[]

  /**
   * @param secrets the first makes names, all are tried
   * @param use names of one use are none of another
   */
  constructor(secrets: readonly KeyObject[], use: string) {
    this.#keys = secrets.map((secret) => deriveKey(secret, use))
  }

  of(id: string): string {
    const [newest] = this.#keys
    const bytes = bytesOf(id)
    if (!newest || !bytes) throw new Error('a secret name needs a secret, and an id that the hub made')
    const cipher = createCipheriv(CIPHER, newest, NO_VECTOR).setAutoPadding(false)
    return Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64url')
  }

  /** The ids it may be a name of: one for each secret, and at most one of them leads anywhere. */
  ids(name: string): readonly string[] {
    const bytes = bytesOf(name)
    if (!bytes) return []
    return this.#keys.map((key) => {
      const decipher = createDecipheriv(CIPHER, key, NO_VECTOR).setAutoPadding(false)
      return Buffer.concat([decipher.update(bytes), decipher.final()]).toString('base64url')
    })
  }
}

/** Whether it can have a secret name: 32 bytes in base64url, written in the one way there is. */
export function isNameable(id: string): boolean {
  return bytesOf(id) !== undefined
}

function bytesOf(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === BYTES && bytes.toString('base64url') === text ? bytes : undefined
}
