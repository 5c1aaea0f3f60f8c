import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isoCBOR } from '@simplewebauthn/server/helpers'

/** What an authenticator and its browser do, unless they misbehave. */
export interface Behaviour {
  /** The page that asks. */
  readonly origin: string
  readonly challenge: string
  readonly rpId: string
  readonly type: string
  readonly crossOrigin: boolean
  readonly attachment: 'platform' | 'cross-platform' | undefined
  readonly transports: readonly string[]
  /** Of the credential it says it is. */
  readonly id: string
  readonly userHandle: string | undefined
  readonly isVerified: boolean
  readonly isPresent: boolean
  /** Whether the key may be on several machines. */
  readonly isSynced: boolean
  /** What it counts to this time; undefined: one more. */
  readonly counter: number | undefined
  /** A maker's statement about it. */
  readonly statement: readonly [format: string, statement: Statement]
  readonly aaguid: string
}

type Statement = Map<string, number | Uint8Array>

const FLAGS = { present: 0x01, verified: 0x04, eligible: 0x08, backedUp: 0x10, attested: 0x40 }

/** An authenticator with one key, which is real: ES256, with a sign counter. */
export class SoftAuthenticator {
  readonly #key: KeyObject
  readonly #cose: Uint8Array
  readonly #always: Partial<Behaviour>
  readonly id = randomBytes(32).toString('base64url')
  counter = 0
  #userHandle = ''

  /** @param always what it does each time */
  constructor(always: Partial<Behaviour> = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    this.#key = privateKey
    this.#cose = isoCBOR.encode(
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, new Uint8Array(Buffer.from(x, 'base64url'))],
        [-3, new Uint8Array(Buffer.from(y, 'base64url'))],
      ]),
    )
    this.#always = always
  }

  /** What `navigator.credentials.create` resolves with, as JSON. @param options the hub's own string */
  create(options = '', once: Partial<Behaviour> = {}): string {
    const { challenge, rp, user } = JSON.parse(options) as {
      challenge: string
      rp: { id: string }
      user: { id: string }
    }
    this.#userHandle = user.id
    const does = this.#behaviour({ challenge, rpId: rp.id, type: 'webauthn.create' }, once)
    const id = Buffer.from(does.id, 'base64url')
    const attested = Buffer.concat([
      Buffer.from(does.aaguid.replaceAll('-', ''), 'hex'),
      Buffer.from([id.length >> 8, id.length & 0xff]),
      id,
      this.#cose,
    ])
    const [format, statement] = does.statement
    const object = new Map<string, string | Uint8Array | Statement>([
      ['fmt', format],
      ['attStmt', statement],
      ['authData', new Uint8Array(Buffer.concat([authenticatorData(does, this.counter, FLAGS.attested), attested]))],
    ])
    const response = {
      clientDataJSON: clientData(does),
      attestationObject: Buffer.from(isoCBOR.encode(object)).toString('base64url'),
      transports: does.transports,
    }
    return toJson(does, response)
  }

  /** What `navigator.credentials.get` resolves with, as JSON. @param options the hub's own string */
  get(options = '', once: Partial<Behaviour> = {}): string {
    const { challenge, rpId } = JSON.parse(options) as { challenge: string; rpId: string }
    const does = this.#behaviour({ challenge, rpId, type: 'webauthn.get', userHandle: this.#userHandle }, once)
    this.counter = does.counter ?? this.counter + 1
    const data = authenticatorData(does, this.counter)
    const clientDataJSON = clientData(does)
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()
    const response = {
      clientDataJSON,
      authenticatorData: data.toString('base64url'),
      signature: sign('sha256', Buffer.concat([data, hash]), this.#key).toString('base64url'),
      userHandle: does.userHandle,
    }
    return toJson(does, response)
  }

  #behaviour(asked: Partial<Behaviour>, once: Partial<Behaviour>): Behaviour {
    return {
      origin: 'https://login.example.com',
      challenge: '',
      rpId: '',
      type: '',
      crossOrigin: false,
      attachment: 'platform',
      transports: ['internal'],
      id: this.id,
      userHandle: undefined,
      isVerified: true,
      isPresent: true,
      isSynced: false,
      counter: undefined,
      statement: ['none', new Map()],
      aaguid: '00000000-0000-0000-0000-000000000000',
      ...asked,
      ...this.#always,
      ...once,
    }
  }
}

function authenticatorData({ rpId, isPresent, isVerified, isSynced }: Behaviour, counter: number, more = 0): Buffer {
  const flags =
    more |
    (isPresent ? FLAGS.present : 0) |
    (isVerified ? FLAGS.verified : 0) |
    (isSynced ? FLAGS.eligible | FLAGS.backedUp : 0)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(counter)
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count])
}

function clientData({ type, challenge, origin, crossOrigin }: Behaviour): string {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin })).toString('base64url')
}

function toJson({ id, attachment }: Behaviour, response: object): string {
  return JSON.stringify({
    id,
    rawId: id,
    type: 'public-key',
    response,
    clientExtensionResults: {},
    ...(attachment && { authenticatorAttachment: attachment }),
  })
}
