import { minutes, toMilliseconds } from '../parse.ts'

/** How long a phone may take to claim it. */
export const CLAIM_WITHIN_MS = toMilliseconds(minutes(10))
/** How long what became of it can be read after that. Milliseconds. */
export const KEPT_MS = 24 * 3_600_000
/** So many of a user may wait to be claimed. */
export const MOST_UNCLAIMED = 20

/**
 *     UNCLAIMED ──claim──▶ CLAIMED (its device is active from now on)
 *        │  └──claim by an application it is not for──▶ FAILED
 *        └──ten minutes──▶ EXPIRED
 *
 * Times are epoch milliseconds.
 */
export interface PairingKey {
  readonly id: string
  /** What the phone reads off a screen. */
  readonly code: string
  readonly status: 'UNCLAIMED' | 'CLAIMED' | 'FAILED'
  readonly error?: { readonly code: string; readonly message: string } | undefined
  /** The applications whose phones may claim it; none: all. */
  readonly applications: readonly string[]
  /** The id of the device it makes, or activates. */
  readonly device: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly expiresAt: number
}

export function isUnclaimed({ status, expiresAt }: PairingKey, now: number): boolean {
  return status === 'UNCLAIMED' && now < expiresAt
}

/** Nobody needs to know of it any more. */
export function isPast({ expiresAt }: PairingKey, now: number): boolean {
  return now >= expiresAt + KEPT_MS
}
