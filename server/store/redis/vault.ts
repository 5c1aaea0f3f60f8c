import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Document, Kind } from '../store.ts'
import { type Header, parseStored, type Stored } from './header.ts'
import { Names } from './names.ts'
import type { RedisCommands } from './redis-commands.ts'
import { RedisRefused, UnreadableDocument } from './redis-link.ts'
import { AesSeal, plainSeal, type Seal } from './seal.ts'
import type { Seen } from './watched-document.ts'

const NAME_KEY_BYTES = 32

/** Turns documents into what Redis gets to see, and back. */
export class Vault {
  readonly #prefix: string
  readonly #seal: Seal
  #nameKey: Buffer
  #names: Names

  /** @param storeKeys 32 bytes each, the first seals, all open; none: nothing is sealed. */
  constructor(prefix: string, storeKeys: readonly Buffer[]) {
    this.#prefix = prefix
    this.#seal = storeKeys.length > 0 ? new AesSeal(storeKeys) : plainSeal
    // Without a store key there is nothing to hide names with, and every instance must make the same ones.
    this.#nameKey = this.#seal.authentic ? randomBytes(NAME_KEY_BYTES) : Buffer.from(prefix)
    this.#names = new Names(prefix, secretKey(this.#nameKey))
  }

  /** Whether a message that opens can be believed. */
  get authentic(): boolean {
    return this.#seal.authentic
  }

  name(kind: Kind<Document>, id: string): string {
    return this.#names.of(kind.name, id)
  }

  /** With what all names of documents begin. */
  get beginning(): string {
    return `${this.#prefix}:{`
  }

  /**
   * Agrees with the other instances on the key that names are made with: random, kept in Redis under the seal, so that
   * it outlives the rotation of store keys. Tells whether the names are now others than before.
   */
  async agreeOnNames(redis: Pick<RedisCommands, 'claim' | 'replace'>): Promise<boolean> {
    if (!this.#seal.authentic) return false
    const key = `${this.#prefix}:names`
    const binding = { name: key, version: 1, commitId: '' }
    const kept = await redis.claim(key, this.#seal.seal(binding, 1, this.#nameKey.toString('base64')))
    const opened = this.#seal.open(binding, kept)
    if (!opened) {
      throw new RedisRefused(`STORE_KEY does not open what is kept under ${key}: it was sealed with another key`)
    }
    // Sealed anew each time, so that it is under the newest key before the old one is removed.
    await redis.replace(key, this.#seal.seal(binding, 1, opened.json))
    const agreed = Buffer.from(opened.json, 'base64')
    if (agreed.equals(this.#nameKey)) return false
    this.#nameKey = agreed
    this.#names = new Names(this.#prefix, secretKey(agreed))
    return true
  }

  encode(kind: Kind<Document>, name: string, document: Document, commitId: string): Buffer {
    return this.#seal.seal({ name, version: document.version, commitId }, kind.schema, JSON.stringify(document))
  }

  /** Opens a stored value or a message; undefined when it is not what was sealed for this document and version. */
  decode(kind: Kind<Document>, name: string, stored: Stored): Seen | undefined {
    const { version, commitId } = stored
    const opened = this.#seal.open({ name, version, commitId }, stored.body)
    // What a newer release stored is not guessed at.
    if (!opened || opened.schema > kind.schema) return undefined
    const document = parseDocument(opened.json)
    return document?.version === version ? { version, commitId, document } : undefined
  }

  /** The same for a stored value as Redis returns it; throws when there is one that can't be opened. */
  decodeStored(kind: Kind<Document>, name: string, bytes: Buffer | null): Seen | undefined {
    if (!bytes) return undefined
    const stored = parseStored(bytes)
    const seen = stored && this.decode(kind, name, stored)
    if (!seen) throw new UnreadableDocument(`a stored ${kind.name} can't be opened`)
    return seen
  }

  /** A stored value under the newest key, cut after its header line; undefined when it is already, or can't be opened. */
  sealAnew(name: string, bytes: Buffer): { header: Buffer; value: Buffer } | undefined {
    const stored = parseStored(bytes)
    if (!stored || this.#seal.isCurrent(stored.body)) return undefined
    const binding = { name, version: stored.version, commitId: stored.commitId }
    const opened = this.#seal.open(binding, stored.body)
    if (!opened) return undefined
    const header = bytes.subarray(0, bytes.length - stored.body.length)
    return { header, value: Buffer.concat([header, this.#seal.seal(binding, opened.schema, opened.json)]) }
  }

  sealMessage(channel: string, message: Buffer): Buffer {
    return this.#seal.seal(messageBinding(channel), 1, message.toString('latin1'))
  }

  openMessage(channel: string, message: Buffer): Buffer | undefined {
    const opened = this.#seal.open(messageBinding(channel), message)
    return opened && Buffer.from(opened.json, 'latin1')
  }
}

export function sameCommit(a: Header | undefined, b: Header | undefined): boolean {
  return a?.version === b?.version && a?.commitId === b?.commitId
}

/** Without a seal anything may stand there. */
function parseDocument(json: string): Document | undefined {
  try {
    return JSON.parse(json) as Document
  } catch {
    return undefined
  }
}

function messageBinding(channel: string) {
  return { name: channel, version: 1, commitId: '' }
}

function secretKey(bytes: Buffer): KeyObject {
  return createSecretKey(bytes)
}
