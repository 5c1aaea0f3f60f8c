import { z } from 'zod'

const SHORTEST_KEY_BYTES = 16

/** The environment's variables about who knows whether a YubiKey's code is good. */
export const yubikeyVariables = {
  YUBIKEY_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine((url) => !URL.canParse(url) || isBare(new URL(url)), 'must not name a user, nor have a query')
    .optional(),
  YUBIKEY_CLIENT_ID: z
    .string()
    .regex(/^\d{1,20}$/, 'must be a number')
    .optional(),
  YUBIKEY_API_KEY: z
    .string()
    .refine((key) => isBase64(key) && Buffer.from(key, 'base64').length >= SHORTEST_KEY_BYTES, {
      error: `must be at least ${SHORTEST_KEY_BYTES} bytes in base64, as the validation server’s operator gave it out`,
    })
    .optional(),
}

const environment = z.object(yubikeyVariables)

/** None of these is of use without the others. */
export const YUBIKEY_TOGETHER: readonly (keyof typeof yubikeyVariables)[] = [
  'YUBIKEY_URL',
  'YUBIKEY_CLIENT_ID',
  'YUBIKEY_API_KEY',
]

export interface YubikeySettings {
  /** Of the call itself: `https://api.yubico.com/wsapi/2.0/verify` */
  readonly url: string
  readonly clientId: string
  readonly apiKey: Buffer
}

/** Undefined: nobody is configured. */
export function toYubikeySettings({
  YUBIKEY_URL: url,
  YUBIKEY_CLIENT_ID: clientId,
  YUBIKEY_API_KEY: apiKey,
}: z.output<typeof environment>): YubikeySettings | undefined {
  return url && clientId && apiKey ? { url, clientId, apiKey: Buffer.from(apiKey, 'base64') } : undefined
}

function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text)
}

function isBare({ username, search, hash }: URL): boolean {
  return username + search + hash === ''
}
