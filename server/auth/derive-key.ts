import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

const KEY_BYTES = 32

/** A key for one use, of what this deployment's instances share: what is made with it is good for nothing else. */
export function deriveKey(secret: KeyObject, use: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret.export(), '', `assent ${use}`, KEY_BYTES)))
}
