import type { Webhook } from 'standardwebhooks'
import { post } from './post.ts'

export interface Told {
  /** Of what is told: a repeat of it has the same. */
  readonly id: string
  /** `message.created` */
  readonly type: string
  readonly data: unknown
}

/** Posts it signed as Standard Webhooks has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Rejects as `post` does. */
export async function postSigned(webhook: Webhook, url: string, { id, type, data }: Told): Promise<void> {
  const at = new Date()
  const body = JSON.stringify({ type, timestamp: at.toISOString(), data })
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': webhook.sign(id, at, body),
  }
  await post(url, headers, body)
}
