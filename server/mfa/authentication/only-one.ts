import { CHALLENGE, type Challenge } from '../../challenge/challenge.ts'
import { moveChallenge } from '../../challenge/move-challenge.ts'
import { isCodePart } from '../authentication-codes/authentication-code.ts'
import type { MfaContext } from '../context.ts'
import { isNamed, type Named, naming, replaced, restoring, unnaming } from '../users/sole.ts'
import { changeUser, readUser, type User } from '../users/user.ts'
import { type AuthenticatingChallenge, type Authentication, advanced, isAuthentication } from './authentication.ts'

/*
 * The only one of a user. The user's document names it first, in one commit that settles every race; then its challenge
 * is opened; then those that were named before it are cancelled.
 *
 *   named later than it, and     opened already: whoever named the newer one cancels it
 *                                not opened yet: whoever opens it looks at the user's document again, and cancels it
 *   and whoever was to do so is dead: it is open, and proves nothing, because whatever would come of it looks at the
 *   user's document first; and whoever looks finds it, and cancels it.
 */

/** Takes the place of the one that counted before. */
export function takePlace(context: MfaContext, user: string, named: Named): Promise<void> {
  return changeUser(context, user, (current, now) => naming(current, named, now))
}

/** What was to take its place has not begun. */
export function giveBackPlace(context: MfaContext, user: string, challenge: string): Promise<void> {
  return changeUser(context, user, (current, now) => restoring(current, challenge, now))
}

/**
 * Once it is open: ends those whose place it has taken, or, where it has lost its own meanwhile, itself. Resolves with how
 * it stands then. What a repeat finds it settles once more: the first time may have been cut short.
 */
export async function settlePlace(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
): Promise<AuthenticatingChallenge> {
  const { isSole, user: id } = challenge.authentication.kept
  if (!isSole) return challenge
  const user = await readUser(context, id)
  if (!isNamed(user, challenge.id)) return ended(context, challenge)
  await Promise.all((user.sole?.before ?? []).map((each) => giveUp(context, each.challenge, id)))
  return challenge
}

/** Ends an authentication that has lost its place while whoever was to end it could not. */
export async function endIfReplaced(context: MfaContext, id: string): Promise<void> {
  const challenge = await context.challenges.store.read(CHALLENGE, id)
  if (!isAuthentication(challenge) || (await hasPlace(context, challenge))) return
  await giveUp(context, id, challenge.authentication.kept.user)
}

/** The same; answers how it stands then. */
export async function unlessReplaced(
  context: MfaContext,
  challenge: AuthenticatingChallenge,
): Promise<AuthenticatingChallenge> {
  return challenge.complete || (await hasPlace(context, challenge)) ? challenge : ended(context, challenge)
}

async function ended(context: MfaContext, challenge: AuthenticatingChallenge): Promise<AuthenticatingChallenge> {
  const now = await giveUp(context, challenge.id, challenge.authentication.kept.user)
  return isAuthentication(now) ? now : challenge
}

/** Whether it counts: always, unless it is to be the user's only one, and is not. */
export async function hasPlace(context: MfaContext, { id, authentication }: AuthenticatingChallenge): Promise<boolean> {
  const { isSole, user } = authentication.kept
  return isSole !== true || isNamed(await readUser(context, user), id)
}

/** Throws when an authentication has lost its place: to be asked in the very commit that spends what would prove it. */
export function demandPlace(user: User, { id, authentication }: AuthenticatingChallenge): void {
  if (authentication.kept.isSole && !isNamed(user, id)) throw replaced()
}

/** Makes an authentication that is the user's only one count no more, however it stands. */
export async function retireAuthentication(
  context: MfaContext,
  { id, authentication }: AuthenticatingChallenge,
): Promise<void> {
  const { user: owner } = authentication.kept
  await changeUser(context, owner, (user, now) => unnaming(user, id, now))
  await giveUp(context, id, owner)
}

/** Undefined: there is none such, or not yet. One that has become somebody else's is left alone. */
async function giveUp({ challenges }: MfaContext, id: string, user: string): Promise<Challenge | undefined> {
  const challenge = await challenges.store.read(CHALLENGE, id)
  if (!challenge || challenge.complete) return challenge
  const moved = await moveChallenge(challenges, id, {
    type: 'authenticate',
    advance: (part, now) => {
      if (!part || isCodePart(part) || (part as Authentication).kept.user !== user) return { part }
      const kept = { cancelReason: 'REPLACED', code: undefined, assertion: undefined, steppedAt: now } as const
      const cancelled = advanced(part as Authentication, { step: { status: 'CANCELLED' }, kept })
      return { part: cancelled, end: 'cancelled', ask: 'nobody' }
    },
  })
  return moved?.challenge
}
