import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'

const SALT_BYTES = 16
const KEY_ID_AT = SALT_BYTES + 4
const TAG_BYTES = 16

/** A phone's browser, as far as pushes are concerned: it subscribes, and opens what was sealed for it (RFC 8291). */
export class PhoneBrowser {
  readonly #curve = createECDH('prime256v1')
  readonly #auth = randomBytes(16)
  readonly #publicKey = this.#curve.generateKeys()

  /** What its page would hand to the hub. */
  subscribe(endpoint: string) {
    const keys = { p256dh: this.#publicKey.toString('base64url'), auth: this.#auth.toString('base64url') }
    return { endpoint, expirationTime: null, keys }
  }

  /** Opens an aes128gcm body of one record (RFC 8188). Throws when it was not sealed for this phone. */
  open(sealed: Buffer): string {
    const salt = sealed.subarray(0, SALT_BYTES)
    const sendersKey = sealed.subarray(KEY_ID_AT + 1, KEY_ID_AT + 1 + (sealed[KEY_ID_AT] ?? 0))
    const record = sealed.subarray(KEY_ID_AT + 1 + sendersKey.length)
    const shared = this.#curve.computeSecret(sendersKey)
    const secret = derive(shared, this.#auth, ['WebPush: info', this.#publicKey, sendersKey], 32)
    const key = derive(secret, salt, ['Content-Encoding: aes128gcm'], 16)
    const nonce = derive(secret, salt, ['Content-Encoding: nonce'], 12)
    const decipher = createDecipheriv('aes-128-gcm', key, nonce)
    decipher.setAuthTag(record.subarray(-TAG_BYTES))
    const padded = Buffer.concat([decipher.update(record.subarray(0, -TAG_BYTES)), decipher.final()])
    // The last record ends with a 2, and then as many zeros as the sender liked.
    const end = padded.lastIndexOf(2)
    if (padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('this is not the last record')
    return padded.subarray(0, end).toString()
  }
}

/** The parts of `info` follow one another, the words ended by a zero. */
function derive(secret: Buffer, salt: Buffer, [words, ...keys]: [string, ...Buffer[]], bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, Buffer.concat([Buffer.from(`${words}\0`), ...keys]), bytes))
}
