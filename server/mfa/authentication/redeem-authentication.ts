import { GRACE_MS } from '../../challenge/challenge.ts'
import { type Document, defineKind } from '../../store/store.ts'
import type { MfaContext } from '../context.ts'
import { type Repeatable, wishOf } from '../idempotency.ts'
import type { AuthenticatingChallenge } from './authentication.ts'
import { hasPlace } from './only-one.ts'

/** What a completed authentication was good for, once: beside it, because what is complete never changes. */
interface Redemption extends Document {
  /** The wish that it answers, where that can be repeated. */
  readonly by?: string | undefined
  readonly at: number
}

/** Under the id of its challenge. */
const REDEMPTION = defineKind<Redemption>('redemption')

/** `replaced`: a newer one has taken its place. */
export type Redeemed = 'redeemed' | 'redeemed before' | 'not proven' | 'replaced'

/** Whether all was proven that there was to prove. */
export function isProven({ complete, status, authentication }: AuthenticatingChallenge): boolean {
  return complete && status === 'approved' && authentication.step.status === 'COMPLETED'
}

/** Uses an authentication up. Of any number who do so at the same moment one has done it; a repeat of their wish is told so. */
export async function redeemAuthentication(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
  repeatable?: Repeatable,
): Promise<Redeemed> {
  if (!(await hasPlace(context, challenge))) return 'replaced'
  if (!isProven(challenge)) return 'not proven'
  const by = wishOf(repeatable)
  return context.challenges.changes.change<Redemption, Redeemed>(REDEMPTION, challenge.id, (before, now) => {
    if (before) return { result: by !== undefined && before.by === by ? 'redeemed' : 'redeemed before' }
    // It must not be forgotten while its challenge can still be read.
    const next = { version: 1, by, at: now, purgeAt: challenge.purgeAt + GRACE_MS }
    return { next, result: 'redeemed' }
  })
}

export async function isRedeemed({ challenges: { store } }: MfaContext, { id }: AuthenticatingChallenge) {
  return (await store.read(REDEMPTION, id)) !== undefined
}
