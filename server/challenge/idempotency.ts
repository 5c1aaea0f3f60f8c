import { createHash } from 'node:crypto'
import { HubError } from '../errors.ts'
import { type Document, defineKind } from '../store/store.ts'
import { CHALLENGE, GRACE_MS } from './challenge.ts'
import type { ChallengeContext } from './context.ts'
import type { Repeatable } from './create-challenge.ts'
import type { NewChallenge } from './parse.ts'

/** Caller and key lead to the challenge that was asked for, and to what exactly was asked. */
interface Remembered extends Document {
  readonly challenge: string
  readonly bodyHash: string
  readonly createdAt: number
}

const IDEMPOTENCY = defineKind<Remembered>('idempotency')

/**
 * Commits, before the challenge exists, which id it has; returns that id. A repeat while the challenge lives returns the
 * same; another body under the key is refused; when the challenge has lived, the key is free again.
 */
export async function rememberRequest(
  context: ChallengeContext,
  wanted: NewChallenge,
  { caller, key }: Repeatable,
): Promise<string> {
  const id = `${caller}\n${key}`
  const bodyHash = createHash('sha256').update(JSON.stringify(wanted)).digest('base64url')
  const before = await context.store.read(IDEMPOTENCY, id)
  const forgotten = before && (await hasLived(context, before)) ? before.challenge : undefined
  const fresh = context.random.id()
  return context.changes.change(IDEMPOTENCY, id, (remembered, now) => {
    if (remembered && remembered.challenge !== forgotten) {
      if (remembered.bodyHash !== bodyHash) throw new HubError('idempotency_key_reused', REUSED)
      return { result: remembered.challenge }
    }
    const version = (remembered?.version ?? 0) + 1
    // As long as the challenge can be read: a repeat may create it up to a grace time later, its end may be noticed a
    // grace time after it, and from then on it is kept for a third.
    const purgeAt = now + wanted.challengeTimeout * 1_000 + 3 * GRACE_MS
    return { next: { version, challenge: fresh, bodyHash, createdAt: now, purgeAt }, result: fresh }
  })
}

const REUSED = 'This Idempotency-Key was used with another body.'

/**
 * A challenge that is absent was either never created, and then the repeat creates it, or has lived and been purged.
 * None is purged within the grace time after its creation, so age tells.
 */
export async function hasLived(
  context: ChallengeContext,
  remembered: Pick<Remembered, 'challenge' | 'createdAt'>,
): Promise<boolean> {
  if (context.store.now() < remembered.createdAt + GRACE_MS) return false
  return (await context.store.read(CHALLENGE, remembered.challenge)) === undefined
}
