import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { decodeCredentialPublicKey } from '@simplewebauthn/server/helpers'

type CoseKey = ReadonlyMap<number, unknown>

/** RFC 9053: a COSE key of one of our algorithms, whole. Throws when it is none: nothing could ever be verified with it. */
export function toPublicKey(cose: Uint8Array): KeyObject {
  const key: CoseKey = decodeCredentialPublicKey(new Uint8Array(cose)) as unknown as CoseKey
  return createPublicKey({ key: toJwk(key), format: 'jwk' })
}

function toJwk(key: CoseKey): JsonWebKey {
  const bytes = (label: number) => Buffer.from(key.get(label) as Uint8Array).toString('base64url')
  switch (key.get(1)) {
    case 1:
      return { kty: 'OKP', crv: 'Ed25519', x: bytes(-2) }
    case 2:
      return { kty: 'EC', crv: 'P-256', x: bytes(-2), y: bytes(-3) }
    case 3:
      return { kty: 'RSA', n: bytes(-1), e: bytes(-2) }
    default:
      throw new Error('no such key')
  }
}
