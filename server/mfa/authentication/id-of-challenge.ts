import { hasLived } from '../../challenge/idempotency.ts'
import type { MfaContext } from '../context.ts'
import { idOfNew, type Repeatable } from '../idempotency.ts'
import type { Memo } from './manner.ts'

/**
 * The challenge that will be asked: the one to be driven, or a new one. A repeat of what has come and gone is a new one: codes
 * of the old one are worth nothing then. What whoever began it keeps with it is part of what was asked.
 */
export function idOfChallenge(
  context: MfaContext,
  wanted: { readonly waitingChallenge?: string | undefined },
  memo: Memo | undefined,
  repeatable: Repeatable | undefined,
): Promise<string> {
  const { challenges } = context
  return idOfNew(context, repeatable, memo ? { wanted, memo } : wanted, {
    make: () => wanted.waitingChallenge ?? challenges.random.id(),
    hasGone: (challenge, createdAt) => hasLived(challenges, { challenge, createdAt }),
  })
}
