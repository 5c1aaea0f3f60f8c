import type { DeliveryMethod } from '../../delivery/delivery.ts'
import { refusal } from '../mfa-error.ts'
import type { NotificationPolicy } from './notification-policies.ts'

const DAY_MS = 24 * 3_600_000

/** How many messages went out on one day, UTC. */
export interface SentToday {
  /** Days since the epoch. */
  readonly day: number
  readonly counts: Readonly<Partial<Record<DeliveryMethod, number>>>
}

function dayOf(now: number): number {
  return Math.floor(now / DAY_MS)
}

/** One fewer: what was counted today has not left. */
export function countedBack(before: SentToday | undefined, method: DeliveryMethod, now: number): SentToday | undefined {
  const sent = before?.counts[method] ?? 0
  if (!before || before.day !== dayOf(now) || sent === 0) return before
  return { ...before, counts: { ...before.counts, [method]: sent - 1 } }
}

/** One more; throws `LIMIT_EXCEEDED` when the policy allows no more today. @param type whose messages these counts are of */
export function countSent(
  before: SentToday | undefined,
  { quotas }: NotificationPolicy,
  type: 'USER' | 'ENVIRONMENT',
  method: DeliveryMethod,
  now: number,
): SentToday {
  const day = dayOf(now)
  const counts = before?.day === day ? before.counts : {}
  for (const quota of quotas) {
    if (quota.type !== type || !quota.deliveryMethods.includes(method)) continue
    const sent = quota.deliveryMethods.reduce((sum, each) => sum + (counts[each] ?? 0), 0)
    if (sent < quota.total) continue
    const retryAfter = ((day + 1) * DAY_MS - now) / 1_000
    throw refusal('REQUEST_LIMITED', 'LIMIT_EXCEEDED', 'No more such messages today.', {
      target: 'notification',
      retryAfter,
    })
  }
  return { day, counts: { ...counts, [method]: (counts[method] ?? 0) + 1 } }
}
