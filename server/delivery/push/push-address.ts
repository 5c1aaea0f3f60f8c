import { ECDH } from 'node:crypto'
import { z } from 'zod'

const LONGEST_ENDPOINT = 2_048
const LONGEST_TOKEN = 4_096
const THIS_MACHINE: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * What `JSON.stringify` makes of a browser's `PushSubscription`. Where it leads is looked at again whenever something is
 * sent there: a name may lead elsewhere by then.
 */
export const pushSubscription = z
  .strictObject({
    endpoint: z.string().max(LONGEST_ENDPOINT).refine(isEndpoint, 'Must be an https URL without a user'),
    // Browsers say it, and none means it: a subscription that is over is answered with 410.
    expirationTime: z.number().nullish(),
    keys: z.strictObject({
      p256dh: z.string().refine(isPublicKey, 'Must be a public key on P-256, in base64url'),
      auth: z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'Must be 16 bytes in base64url'),
    }),
  })
  .transform(({ endpoint, keys }) => ({ endpoint: new URL(endpoint).href, keys }))

/** What a native app says of its phone; its application's `pushWebhook` is not the phone's to say. */
export const nativePushToken = z.strictObject({
  platform: z.enum(['APNS', 'FCM']),
  token: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'Must be printable ASCII')
    .max(LONGEST_TOKEN),
})

function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  const isSealed = protocol === 'https:' || (protocol === 'http:' && THIS_MACHINE.includes(hostname))
  return isSealed && username === '' && password === ''
}

/** What is no point of the curve could not be sealed for: better refused at the door than at each push. */
function isPublicKey(text: string): boolean {
  if (!/^B[A-Za-z0-9_-]{86}$/.test(text)) return false
  try {
    ECDH.convertKey(text, 'prime256v1', 'base64url', 'base64url', 'uncompressed')
    return true
  } catch {
    return false
  }
}
