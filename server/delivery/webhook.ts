import { Webhook } from 'standardwebhooks'
import type { Carrier } from './delivery.ts'
import { post } from './post.ts'

export interface WebhookOptions {
  readonly url: string
  /** Of Standard Webhooks: `whsec_` and base64. */
  readonly secret: string
}

/** Any message to a URL of your own, signed as Standard Webhooks has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`. */
export function webhookCarrier({ url, secret }: WebhookOptions): Carrier {
  const webhook = new Webhook(secret)
  return {
    deliver: async (message) => {
      const { id, ...told } = message
      const body = JSON.stringify({ type: 'message.created', timestamp: new Date().toISOString(), data: told })
      const at = new Date()
      await post(
        url,
        {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
          'webhook-signature': webhook.sign(id, at, body),
        },
        body,
      )
    },
  }
}
