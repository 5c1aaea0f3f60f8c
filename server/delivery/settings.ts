import { z } from 'zod'
import { isVapidPair, type VapidSettings, vapidVariables } from './push/vapid-settings.ts'

const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((url) => !URL.canParse(url) || new URL(url).username === '', 'must not name a user')

/** The environment's variables about who delivers messages. */
export const deliveryVariables = {
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be an smtp or smtps URL' }).optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*[^\s@<]+@[\w.-]+>?$/, 'must be an address, such as Assent <no-reply@example.com>')
    .optional(),
  DELIVERY_WEBHOOK_URL: webUrl.optional(),
  DELIVERY_WEBHOOK_SECRET: z
    .string()
    .regex(
      /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
      'must be whsec_ and at least 24 bytes in base64; make it with: echo "whsec_$(openssl rand -base64 32)"',
    )
    .optional(),
  TWILIO_ACCOUNT_SID: z.string().min(1).optional(),
  TWILIO_AUTH_TOKEN: z.string().min(1).optional(),
  TWILIO_FROM: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be a phone number, such as +4930123456')
    .optional(),
  TWILIO_URL: webUrl.optional(),
  ...vapidVariables,
}

const environment = z.object(deliveryVariables)

type Variable = keyof typeof deliveryVariables

export interface DeliverySettings {
  readonly smtp?: { readonly url: string; readonly from: string }
  readonly webhook?: { readonly url: string; readonly secret: string }
  readonly twilio?: {
    readonly accountSid: string
    readonly authToken: string
    readonly from: string
    readonly url?: string | undefined
  }
  readonly vapid?: VapidSettings
}

/** None of these is of use without the others. */
const TOGETHER: readonly (readonly Variable[])[] = [
  ['SMTP_URL', 'MAIL_FROM'],
  ['DELIVERY_WEBHOOK_URL', 'DELIVERY_WEBHOOK_SECRET'],
  ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'],
  ['VAPID_PUBLIC_KEY', 'VAPID_PRIVATE_KEY', 'VAPID_SUBJECT'],
]
/** Is of use alone: keys can be made, an address where people are can't. */
const ALONE: Variable = 'VAPID_SUBJECT'

type Variables = Readonly<Record<string, string | undefined>>

/** What is missing beside what is there, each problem beginning with the variable's name. @param together none of a group is of use without the others */
export function halfConfigured(present: Variables, together: readonly (readonly string[])[]): string[] {
  return together.flatMap((group) => {
    const given = group.filter((name) => present[name] && name !== ALONE)
    if (given.length === 0) return []
    return group.filter((name) => !present[name]).map((name) => `${name}: is needed beside ${given.join(' and ')}`)
  })
}

/** What is missing, or does not go with the rest. */
export function deliveryProblems(present: Variables): string[] {
  const missing = halfConfigured(present, TOGETHER)
  return isVapidPair(present) ? missing : [...missing, 'VAPID_PUBLIC_KEY: is not the one of VAPID_PRIVATE_KEY']
}

export function toDeliverySettings(env: z.output<typeof environment>): DeliverySettings {
  const { SMTP_URL, MAIL_FROM, DELIVERY_WEBHOOK_URL, DELIVERY_WEBHOOK_SECRET } = env
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM, TWILIO_URL } = env
  const { VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY, VAPID_SUBJECT } = env
  return {
    ...(SMTP_URL && MAIL_FROM && { smtp: { url: SMTP_URL, from: MAIL_FROM } }),
    ...(DELIVERY_WEBHOOK_URL &&
      DELIVERY_WEBHOOK_SECRET && { webhook: { url: DELIVERY_WEBHOOK_URL, secret: DELIVERY_WEBHOOK_SECRET } }),
    ...(TWILIO_ACCOUNT_SID &&
      TWILIO_AUTH_TOKEN &&
      TWILIO_FROM && {
        twilio: { accountSid: TWILIO_ACCOUNT_SID, authToken: TWILIO_AUTH_TOKEN, from: TWILIO_FROM, url: TWILIO_URL },
      }),
    ...(VAPID_SUBJECT && {
      vapid: {
        subject: VAPID_SUBJECT,
        ...(VAPID_PUBLIC_KEY &&
          VAPID_PRIVATE_KEY && { keys: { publicKey: VAPID_PUBLIC_KEY, privateKey: VAPID_PRIVATE_KEY } }),
      },
    }),
  }
}
