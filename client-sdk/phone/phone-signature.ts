import { type PublicKey, thumbprintText } from '../../server/protocol/statement.ts'

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const
const NONCE_BYTES = 16

/** A key pair that never leaves where it is kept. */
export async function newKeys(): Promise<{ readonly keys: CryptoKeyPair; readonly publicKey: PublicKey }> {
  const keys = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify'])
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', keys.publicKey)
  return { keys, publicKey: { kty: 'EC', crv: 'P-256', x, y } }
}

/** 64 bytes, base64url: ECDSA with SHA-256, as JWS has it, too. */
export async function signText({ privateKey }: CryptoKeyPair, text: string): Promise<string> {
  const signed = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, toBytes(text))
  return toBase64url(new Uint8Array(signed))
}

/** A JWS in compact form (RFC 7515). @param type the `typ` of its header */
export async function signJws(keys: CryptoKeyPair, type: string, payload: object): Promise<string> {
  const head = toBase64url(toBytes(JSON.stringify({ alg: 'ES256', typ: type })))
  const text = `${head}.${toBase64url(toBytes(JSON.stringify(payload)))}`
  return `${text}.${await signText(keys, text)}`
}

/** SHA-256, base64url. */
export async function hash(text: string): Promise<string> {
  return toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', toBytes(text))))
}

export function thumbprintOf(key: PublicKey): Promise<string> {
  return hash(thumbprintText(key))
}

export function newNonce(): string {
  return toBase64url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function toBase64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
