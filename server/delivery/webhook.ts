import { Webhook } from 'standardwebhooks'
import type { Carrier } from './delivery.ts'
import { postSigned } from './post-signed.ts'

export interface WebhookOptions {
  readonly url: string
  /** Of Standard Webhooks: `whsec_` and base64. */
  readonly secret: string
}

/** Any message to a URL of your own, signed. */
export function webhookCarrier({ url, secret }: WebhookOptions): Carrier {
  const webhook = new Webhook(secret)
  return {
    deliver: ({ id, ...told }) => postSigned(webhook, url, { id, type: 'message.created', data: told }),
  }
}
