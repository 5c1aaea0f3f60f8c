import { consoleCarrier } from './console.ts'
import type { Carriers } from './delivery.ts'
import type { DeliverySettings } from './settings.ts'
import { smtpCarrier } from './smtp.ts'
import { twilioCarrier } from './twilio.ts'
import { webhookCarrier } from './webhook.ts'

/**
 * Who delivers what, as configured: e-mail by SMTP, SMS and voice by Twilio, and whatever of these is not configured by the
 * webhook. @param write development: takes what nobody delivers
 */
export function openCarriers({ smtp, webhook, twilio }: DeliverySettings, write?: (line: string) => void): Carriers {
  const otherwise = webhook ? webhookCarrier(webhook) : write && consoleCarrier(write)
  const mail = smtp ? smtpCarrier(smtp) : otherwise
  const phone = twilio ? twilioCarrier(twilio) : otherwise
  return { ...(mail && { EMAIL: mail }), ...(phone && { SMS: phone, VOICE: phone }) }
}
