import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

const PLAIN = 0
const SEALED = 1
const KEY_ID_BYTES = 4
const SALT_BYTES = 16
const NONCE_BYTES = 12
const COUNTER_BYTES = 8
const TAG_BYTES = 16
/** How many other processes' keys are remembered. */
const REMEMBERED_KEYS = 1024

/** What a sealed body is bound to: none of it can be exchanged without the seal breaking. */
export interface Binding {
  /** The name it is stored under, or the channel it is sent on: for a document, made of its kind and id. */
  readonly name: string
  readonly version: number
  readonly commitId: string
}

export interface Opened {
  readonly schema: number
  readonly json: string
}

/** Turns a document's JSON into what is stored, and back; `open` answers undefined for what was not sealed by us, so. */
export interface Seal {
  /** Whether what it makes can travel in a message and be believed. */
  readonly authentic: boolean
  seal(binding: Binding, schema: number, json: string): Buffer
  open(binding: Binding, body: Buffer): Opened | undefined
  /** Whether it was sealed with the key that seals now. */
  isCurrent(body: Buffer): boolean
}

/** Without a store key: readable by whoever can read Redis. Messages are not believed, the store is read again. */
export const plainSeal: Seal = {
  authentic: false,
  seal: (_binding, schema, json) => Buffer.concat([Buffer.from([PLAIN, schema]), Buffer.from(json)]),
  open: (_binding, body) => (body[0] === PLAIN ? { schema: body[1] ?? 0, json: body.toString('utf8', 2) } : undefined),
  isCurrent: () => true,
}

/**
 * AES-256-GCM. Each process seals with a key of its own (HKDF of the store key and a random salt), so that a counter can
 * be the nonce. Layout: form, schema, key id, salt, counter, ciphertext, tag.
 */
export class AesSeal implements Seal {
  readonly authentic = true
  readonly #storeKeys: Map<string, Buffer>
  readonly #processKeys = new Map<string, KeyObject>()
  readonly #prefix: Buffer
  readonly #own: KeyObject
  #counter = 0n

  /** @param storeKeys 32 bytes each; the first seals, all open. */
  constructor(storeKeys: readonly Buffer[]) {
    const [first] = storeKeys
    if (!first) throw new Error('AesSeal needs at least one key')
    this.#storeKeys = new Map(storeKeys.map((key) => [keyId(key).toString('latin1'), key]))
    const salt = randomBytes(SALT_BYTES)
    this.#prefix = Buffer.concat([keyId(first), salt])
    this.#own = derive(first, salt)
    this.#remember(this.#prefix.toString('latin1'), this.#own)
  }

  seal(binding: Binding, schema: number, json: string): Buffer {
    const nonce = Buffer.alloc(NONCE_BYTES)
    nonce.writeBigUInt64BE(this.#counter++, NONCE_BYTES - COUNTER_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#own, nonce)
    cipher.setAAD(associated(binding, schema))
    const form = Buffer.from([SEALED, schema])
    const counter = nonce.subarray(NONCE_BYTES - COUNTER_BYTES)
    return Buffer.concat([
      form,
      this.#prefix,
      counter,
      cipher.update(json, 'utf8'),
      cipher.final(),
      cipher.getAuthTag(),
    ])
  }

  open(binding: Binding, body: Buffer): Opened | undefined {
    const textAt = 2 + KEY_ID_BYTES + SALT_BYTES + COUNTER_BYTES
    if (body[0] !== SEALED || body.length < textAt + TAG_BYTES) return undefined
    const schema = body[1] ?? 0
    const key = this.#processKey(body.subarray(2, 2 + KEY_ID_BYTES + SALT_BYTES))
    if (!key) return undefined
    const nonce = Buffer.alloc(NONCE_BYTES)
    body.copy(nonce, NONCE_BYTES - COUNTER_BYTES, textAt - COUNTER_BYTES, textAt)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(associated(binding, schema))
    decipher.setAuthTag(body.subarray(body.length - TAG_BYTES))
    try {
      const text = decipher.update(body.subarray(textAt, body.length - TAG_BYTES))
      return { schema, json: Buffer.concat([text, decipher.final()]).toString('utf8') }
    } catch {
      // GCM's only way to say that the tag does not fit: forged, replayed elsewhere, or damaged.
      return undefined
    }
  }

  isCurrent(body: Buffer): boolean {
    return this.#prefix.compare(body, 2, 2 + KEY_ID_BYTES, 0, KEY_ID_BYTES) === 0
  }

  #processKey(prefix: Buffer): KeyObject | undefined {
    const name = prefix.toString('latin1')
    const known = this.#processKeys.get(name)
    if (known) return known
    const storeKey = this.#storeKeys.get(name.slice(0, KEY_ID_BYTES))
    return storeKey && this.#remember(name, derive(storeKey, prefix.subarray(KEY_ID_BYTES)))
  }

  #remember(name: string, key: KeyObject): KeyObject {
    if (this.#processKeys.size >= REMEMBERED_KEYS) {
      const own = this.#prefix.toString('latin1')
      for (const oldest of this.#processKeys.keys()) {
        if (oldest === own) continue
        this.#processKeys.delete(oldest)
        break
      }
    }
    this.#processKeys.set(name, key)
    return key
  }
}

function keyId(storeKey: Buffer): Buffer {
  return createHash('sha256').update('assent key id').update(storeKey).digest().subarray(0, KEY_ID_BYTES)
}

function derive(storeKey: Buffer, salt: Buffer): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', storeKey, salt, 'assent document', 32)))
}

function associated(binding: Binding, schema: number): Buffer {
  return Buffer.from(`${binding.name}\n${binding.version}\n${binding.commitId}\n${schema}`)
}
