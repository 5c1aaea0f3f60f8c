import { createECDH, hkdfSync, type KeyObject } from 'node:crypto'

/** Who sends, to push services (RFC 8292): a key pair on P-256, base64url as browsers and `web-push` write it. */
export interface VapidKeys {
  readonly publicKey: string
  readonly privateKey: string
}

/** The order of P-256 (SP 800-186, 3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const PRIVATE_KEY_BYTES = 32
/** 128 bits more than the key has: reduced modulo the order, no key is then likelier than another (FIPS 186-5, A.2.1). */
const DRAWN_BYTES = 48

/**
 * The pair that all instances with this secret share, so that nothing need be configured. It changes with the secret:
 * whoever subscribed before then has to subscribe again, which pages do when they are next opened.
 */
export function deriveVapidKeys(secret: KeyObject): VapidKeys {
  const drawn = Buffer.from(hkdfSync('sha256', secret.export(), '', 'assent vapid', DRAWN_BYTES))
  const scalar = (BigInt(`0x${drawn.toString('hex')}`) % (ORDER - 1n)) + 1n
  const privateKey = Buffer.from(scalar.toString(16).padStart(PRIVATE_KEY_BYTES * 2, '0'), 'hex').toString('base64url')
  return { publicKey: publicKeyOf(privateKey), privateKey }
}

/** Throws when it is no private key on P-256. */
export function publicKeyOf(privateKey: string): string {
  const curve = createECDH('prime256v1')
  curve.setPrivateKey(privateKey, 'base64url')
  return curve.getPublicKey('base64url')
}
