import { createHash } from 'node:crypto'
import webPush from 'web-push'
import { DeliveryFailed } from '../delivery.ts'
import type { Push, WebSubscription } from './push.ts'
import type { PushPost } from './push-post.ts'
import type { VapidKeys } from './vapid.ts'

/** Whoever was asked may be out of reach when the question ends; then the notification is to go as soon as they are back. */
const WITHDRAWN_TTL_S = 60
/** Of a Topic (RFC 8030, 5.4): 32 characters of base64url. */
const TOPIC_BYTES = 24

export interface WebPushOptions {
  readonly vapid: VapidKeys & { readonly subject: string }
  readonly post: PushPost
  readonly now: () => number
}

/** Pushes to browsers: Web Push, sealed for the phone (aes128gcm) and signed by the hub (VAPID). */
export function webPushCarrier({ vapid, post, now }: WebPushOptions) {
  return {
    deliver: async (push: Push, { endpoint, keys }: WebSubscription): Promise<'taken' | 'gone'> => {
      const TTL = timeToLive(push, now())
      if (TTL <= 0) throw new DeliveryFailed('It was over before it could be sent.')
      const url = new URL(endpoint)
      const { headers, body } = webPush.generateRequestDetails({ endpoint: url.href, keys }, contentOf(push), {
        vapidDetails: vapid,
        contentEncoding: 'aes128gcm',
        TTL,
        urgency: 'high',
        topic: topicOf(push.challenge),
      })
      const status = await post(url, textual(headers), body)
      if (status === 404 || status === 410) return 'gone'
      if (status < 200 || status > 299) throw new DeliveryFailed(`The push service answered ${status}.`, status)
      return 'taken'
    },
  }
}

/** Seconds for which the push service may keep it for a phone that is away. */
function timeToLive({ kind, expiresAt }: Push, now: number): number {
  const left = Math.floor((expiresAt - now) / 1_000)
  return kind === 'withdrawn' ? Math.max(left, WITHDRAWN_TTL_S) : left
}

/** Named one by one, so that nothing else that a caller has in hand goes along. */
function contentOf({ id, kind, challenge, expiresAt }: Push): string {
  return JSON.stringify({ id, kind, challenge, expiresAt })
}

/** Of one challenge, only the newest push waits for a phone that is away. Push services read it: it must not name anything. */
function topicOf(challenge: string): string {
  return createHash('sha256').update(challenge).digest().subarray(0, TOPIC_BYTES).toString('base64url')
}

function textual(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
