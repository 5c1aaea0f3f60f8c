import { z } from 'zod'

const base64url = z.string().regex(/^[A-Za-z0-9_-]{1,200}={0,2}$/)

/** Where a phone is told of questions while its app is closed: a browser's subscription, or a native app's token. */
export const pushTarget = z.union(
  [
    z.object({ endpoint: z.url().max(2_000), keys: z.object({ p256dh: base64url, auth: base64url }) }),
    z.strictObject({ platform: z.enum(['APNS', 'FCM']), token: z.string().min(1).max(4_096) }),
  ],
  'Must be a Web Push subscription, or platform and token',
)

export type PushTarget = z.output<typeof pushTarget>
