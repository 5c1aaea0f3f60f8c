import { Webhook } from 'standardwebhooks'
import { DeliveryFailed } from '../delivery.ts'
import { postSigned } from '../post-signed.ts'
import type { NativeAddress, Push } from './push.ts'

/**
 * Pushes to native apps: who made the app holds the keys of its platform, and is told over a webhook of theirs, signed.
 * @param secret of Standard Webhooks; without one nothing can be sent
 */
export function nativePushCarrier(secret: string | undefined) {
  const webhook = secret === undefined ? undefined : new Webhook(secret)
  return {
    deliver: async (push: Push, { platform, token, webhook: url }: NativeAddress): Promise<'taken' | 'gone'> => {
      if (!webhook) throw new DeliveryFailed('There is no DELIVERY_WEBHOOK_SECRET to sign it with.')
      const { id, kind, challenge, expiresAt } = push
      const told = { type: `push.${kind}`, data: { platform, token, challenge, expiresAt } }
      try {
        await postSigned(webhook, url, { id, ...told })
        return 'taken'
      } catch (error) {
        // Not 404: that is what a wrong URL is answered with, and no phone is to be forgotten for it.
        if (error instanceof DeliveryFailed && error.status === 410) return 'gone'
        throw error
      }
    },
  }
}
