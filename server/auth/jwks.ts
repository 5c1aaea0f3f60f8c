import { createPublicKey, type KeyObject } from 'node:crypto'
import jwksRsa from 'jwks-rsa'
import { HubError } from '../errors.ts'
import type { FindKey } from './verify-token.ts'

/** For how long an issuer's keys are believed without asking again. Milliseconds. */
const BELIEVED_MS = 600_000
const TIMEOUT_MS = 5_000
/** Anyone can send tokens that name keys nobody has: the issuer is not asked more often than this for them. */
const ASKED_PER_MINUTE = 10

/** Reads an issuer's public keys, all at once, and remembers them. */
export function jwksKeys(url: string): FindKey {
  const keys = new IssuerKeys(new jwksRsa.JwksClient({ jwksUri: url, cache: false, timeout: TIMEOUT_MS }))
  return (keyId) => keys.find(keyId)
}

class IssuerKeys {
  readonly #client: jwksRsa.JwksClient
  #keys: ReadonlyMap<string | undefined, KeyObject> = new Map()
  #readAt = Number.NEGATIVE_INFINITY
  #lastFailed = true
  #reading: Promise<void> | undefined
  /** When the issuer was asked in the last minute. */
  #asked: number[] = []

  constructor(client: jwksRsa.JwksClient) {
    this.#client = client
  }

  async find(keyId: string | undefined): Promise<KeyObject> {
    if ((this.#isOld() || !this.#get(keyId)) && this.#mayAsk()) await this.#read()
    const key = this.#get(keyId)
    // Nobody can say what the issuer lists while it can't be asked, and what it listed long ago is not believed for ever.
    if (this.#isOld() || (!key && this.#lastFailed)) throw unreachable()
    if (key) return key
    throw new HubError('invalid_token', 'The token is signed with a key its issuer does not list.')
  }

  #isOld(): boolean {
    return performance.now() - this.#readAt > BELIEVED_MS
  }

  /** A token that names no key is of the only one there is. */
  #get(keyId: string | undefined): KeyObject | undefined {
    if (keyId !== undefined) return this.#keys.get(keyId)
    return this.#keys.size === 1 ? [...this.#keys.values()][0] : undefined
  }

  #mayAsk(): boolean {
    if (this.#reading) return true
    const now = performance.now()
    this.#asked = this.#asked.filter((at) => now - at < 60_000)
    return this.#asked.length < ASKED_PER_MINUTE
  }

  /** Those who come while the issuer is being asked wait for the same answer. */
  async #read(): Promise<void> {
    this.#reading ??= this.#ask().finally(() => {
      this.#reading = undefined
    })
    await this.#reading
  }

  async #ask(): Promise<void> {
    this.#asked.push(performance.now())
    try {
      const listed = await this.#client.getSigningKeys()
      this.#keys = new Map(listed.map((key) => [key.kid, createPublicKey(key.getPublicKey())]))
      this.#readAt = performance.now()
      this.#lastFailed = false
    } catch (error) {
      this.#lastFailed = true
      throw Object.assign(unreachable(), { cause: error })
    }
  }
}

function unreachable(): HubError {
  return new HubError('busy', "The issuer's keys cannot be read at the moment. Try again.", { retryAfter: 2 })
}
