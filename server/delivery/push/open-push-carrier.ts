import type { KeyObject } from 'node:crypto'
import type { DeliverySettings } from '../settings.ts'
import { nativePushCarrier } from './native-push.ts'
import type { PushCarrier } from './push.ts'
import { pushPost } from './push-post.ts'
import { deriveVapidKeys } from './vapid.ts'
import { webPushCarrier } from './web-push.ts'

/** Push services want to know whom to write to when something is wrong with our pushes. Nobody said. */
const NOBODY = 'mailto:nobody@example.com'

export interface PushCarrierOptions {
  /** What the key pair is made of, where none is configured. */
  readonly secret: KeyObject
  readonly isPublicOnly: boolean
  readonly now: () => number
}

/** Both roads to a phone, as configured, and the key that browsers subscribe with. */
export function openPushCarrier(
  { vapid, webhook }: DeliverySettings,
  { secret, isPublicOnly, now }: PushCarrierOptions,
): PushCarrier & { readonly publicKey: string } {
  const keys = vapid?.keys ?? deriveVapidKeys(secret)
  const web = webPushCarrier({
    vapid: { ...keys, subject: vapid?.subject ?? NOBODY },
    post: pushPost({ isPublicOnly }),
    now,
  })
  const native = nativePushCarrier(webhook?.secret)
  return {
    publicKey: keys.publicKey,
    deliver: (push, to) => ('endpoint' in to ? web.deliver(push, to) : native.deliver(push, to)),
  }
}
