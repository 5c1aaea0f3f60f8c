import { createHash, timingSafeEqual } from 'node:crypto'
import { HubError } from '../errors.ts'
import { SCOPES, type Scope } from '../protocol/scopes.ts'
import type { Principal } from './principal.ts'

export interface ApiKey {
  readonly name: string
  readonly key: string
  readonly scopes: readonly Scope[]
}

/** Tells who an API key speaks for; compares digests, all of them, in constant time. */
export class ApiKeys {
  readonly #keys: readonly { readonly digest: Buffer; readonly principal: Principal }[]

  constructor(keys: readonly ApiKey[]) {
    this.#keys = keys.map(({ name, key, scopes }) => ({
      digest: digestOf(key),
      principal: { caller: `key:${name}`, sub: name, scopes: new Set(scopes), issuedAt: 0 },
    }))
  }

  /** Throws `invalid_token` for an unknown key. */
  verify(key: string): Principal {
    const digest = digestOf(key)
    let found: Principal | undefined
    for (const known of this.#keys) if (timingSafeEqual(known.digest, digest)) found = known.principal
    if (!found) throw new HubError('invalid_token', 'The API key is not known.')
    return found
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

const SHORTEST_API_KEY = 16

/** `name:key:scope scope`, or what is wrong with it. Never shows the key. */
export function parseApiKey(text: string): ApiKey | string {
  const [name = '', key = '', scopes = ''] = text.split(':', 2).concat(text.split(':').slice(2).join(':'))
  const wanted = scopes.split(' ').filter((scope) => scope !== '')
  const unknown = wanted.filter((scope) => !(SCOPES as readonly string[]).includes(scope))
  if (name === '' || key === '' || wanted.length === 0) return 'must be name:key:scope scope'
  if (key.length < SHORTEST_API_KEY) return `must have a key of at least ${SHORTEST_API_KEY} characters`
  // Without saying which: what stands in the scopes' place may be the key.
  if (unknown.length > 0) return `must name only these scopes: ${SCOPES.join(' ')}`
  return { name, key, scopes: wanted as Scope[] }
}
