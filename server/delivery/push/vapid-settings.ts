import { z } from 'zod'
import { publicKeyOf, type VapidKeys } from './vapid.ts'

export interface VapidSettings {
  /** Where push services find whoever runs this: `mailto:` or `https:`. */
  readonly subject: string
  /** Default: made of the secret. */
  readonly keys?: VapidKeys
}

const MAKE_THEM = 'make both with: npx web-push generate-vapid-keys'

/** The environment's variables about who sends pushes. */
export const vapidVariables = {
  VAPID_PUBLIC_KEY: z
    .string()
    .regex(/^B[A-Za-z0-9_-]{86}$/, `must be 65 bytes in base64url; ${MAKE_THEM}`)
    .optional(),
  VAPID_PRIVATE_KEY: z
    .string()
    .refine((key) => derived(key) !== undefined, `must be a key on P-256, 32 bytes in base64url; ${MAKE_THEM}`)
    .optional(),
  VAPID_SUBJECT: z
    .string()
    .regex(/^(mailto:[^\s@]+@[^\s@]+|https:\/\/[^\s@]+)$/, 'must be a mailto: or https: URL')
    .optional(),
}

/** Whether the two keys, where both are well-formed, are of one pair. With others, every push would be refused. */
export function isVapidPair({ VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY }: Readonly<Record<string, string | undefined>>) {
  if (VAPID_PUBLIC_KEY === undefined || VAPID_PRIVATE_KEY === undefined) return true
  const expected = derived(VAPID_PRIVATE_KEY)
  const isReadable = vapidVariables.VAPID_PUBLIC_KEY.safeParse(VAPID_PUBLIC_KEY).success
  return expected === undefined || !isReadable || expected === VAPID_PUBLIC_KEY
}

function derived(privateKey: string): string | undefined {
  if (!/^[A-Za-z0-9_-]{43}$/.test(privateKey)) return undefined
  try {
    return publicKeyOf(privateKey)
  } catch {
    return undefined
  }
}
