import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { z } from 'zod'
import { HubError } from '../errors.ts'
import { type PublicKey, thumbprintText } from '../protocol/statement.ts'

/** 32 bytes, written in the one way there is: a key has one name only. */
const coordinate = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be 32 bytes in base64url')

/** A device's public key, as it comes from outside; whatever else is said of it is not kept. */
export const publicKey = z
  .object({
    kty: z.literal('EC'),
    crv: z.literal('P-256'),
    x: coordinate,
    y: coordinate,
  })
  .refine(isOnCurve, 'must be a P-256 public key')

function toKey(key: PublicKey): KeyObject {
  return createPublicKey({ key: { ...key }, format: 'jwk' })
}

function isOnCurve(key: PublicKey): boolean {
  try {
    toKey(key)
    return true
  } catch {
    return false
  }
}

/** Of what is good once: 16 random bytes or more, base64url. */
export const nonce = z.string().regex(/^[A-Za-z0-9_-]{22,128}$/)

/** The name of a key: RFC 7638, SHA-256, base64url. */
export function thumbprintOf(key: PublicKey): string {
  return createHash('sha256').update(thumbprintText(key)).digest('base64url')
}

/** Whether a text was signed by this key: ECDSA with SHA-256, 64 bytes, base64url, as WebCrypto makes it. */
export function isSignedBy(key: PublicKey, text: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url')
  return verify('sha256', Buffer.from(text), { key: toKey(key), dsaEncoding: 'ieee-p1363' }, bytes)
}

/**
 * Reads what a device has signed (JWS, ES256). Throws `malformed_signature` when it is no such thing, and `foreign_key`
 * when another key has signed it.
 * @param type the `typ` of its header: what was signed for one purpose is good for no other
 */
export function readSigned<Schema extends z.ZodType>(
  jws: string,
  key: PublicKey,
  type: string,
  schema: Schema,
): z.output<Schema> {
  const checked = check(jws, key)
  const payload = checked.header.typ === type ? schema.safeParse(checked.payload) : undefined
  if (!payload?.success) throw new HubError('malformed_signature', 'The signature does not say what it has to.')
  return payload.data
}

function check(jws: string, key: PublicKey): jwt.Jwt {
  try {
    const checked = jwt.verify(jws, toKey(key), { algorithms: ['ES256'], complete: true, ignoreExpiration: true })
    // RFC 7515, 4.1.11: what must be understood, and is not.
    if (checked.header.crit === undefined) return checked
  } catch (error) {
    if (error instanceof jwt.JsonWebTokenError && error.message === 'invalid signature') {
      throw new HubError('foreign_key', 'The signature is not by the key of this device.')
    }
  }
  throw new HubError('malformed_signature', 'The signature is not a JWS signed with ES256.')
}
