import { z } from 'zod'
import { nativePushToken, pushSubscription } from '../../delivery/push/push-address.ts'

/** Where a phone is told of questions while its app is closed: a browser's subscription, or a native app's token. */
export const pushTarget = z.union(
  [pushSubscription, nativePushToken],
  'Must be a Web Push subscription, or platform and token',
)

export type PushTarget = z.output<typeof pushTarget>
