import type { Challenge } from '../../challenge/challenge.ts'
import { findChallenge } from '../../challenge/find-challenge.ts'
import { moveChallenge } from '../../challenge/move-challenge.ts'
import type { AuthenticationChange } from '../../challenge/transition.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, notFound, refusal } from '../mfa-error.ts'
import { type AuthenticatingChallenge, type Authentication, advanced, isAuthentication } from './authentication.ts'
import { showAuthentication } from './authentication-view.ts'

/** An authentication as it stands; throws `NOT_FOUND` when there is none such. */
export async function getAuthentication(context: MfaContext, id: string): Promise<AuthenticatingChallenge> {
  const challenge = await findChallenge(context.challenges, id)
  if (!isAuthentication(challenge)) throw notFound()
  return challenge
}

/** The same; throws `AUTHENTICATION_COMPLETE`, with how it ended, when nothing can be done about it any more. */
export async function getOpenAuthentication(context: MfaContext, id: string): Promise<AuthenticatingChallenge> {
  const challenge = await getAuthentication(context, id)
  if (challenge.complete) throw await isOver(context, challenge)
  return challenge
}

/**
 * Takes an authentication further, whoever else does so at the same moment.
 * @param advance may throw what whoever asked must be told instead
 * @param ended what is done about one that is over: refused, or shown whatever it is
 */
export async function moveAuthentication(
  context: MfaContext,
  id: string,
  advance: (
    authentication: Authentication,
    now: number,
  ) => Omit<AuthenticationChange, 'part'> & { part: Authentication },
  ended: 'refused' | 'whatever it is' = 'refused',
): Promise<AuthenticatingChallenge> {
  const moved = await moveChallenge(context.challenges, id, {
    type: 'authenticate',
    advance: (before, now) => {
      if (!before) throw notFound()
      const { part, end } = advance(before as Authentication, now)
      return part === before ? { part } : { part: advanced(part, { kept: { steppedAt: now } }), end }
    },
  })
  const challenge: Challenge | undefined = moved?.challenge
  if (!isAuthentication(challenge)) throw notFound()
  if (moved?.refusal && ended === 'refused') throw await isOver(context, challenge)
  return challenge
}

/**
 * Makes a challenge that is open already an authentication. Throws when it can't be one: unknown, over, or one already.
 * @param target the field that names it
 */
export async function beginOn(
  context: MfaContext,
  id: string,
  part: Authentication,
  { target, end }: { target: string; end?: AuthenticationChange['end'] },
): Promise<AuthenticatingChallenge> {
  const moved = await moveChallenge(context.challenges, id, {
    type: 'authenticate',
    advance: (before) => {
      if (before) throw invalidValue(target, 'This challenge has an authentication already.')
      return { part, end }
    },
  })
  if (!moved || moved.refusal || !isAuthentication(moved.challenge)) {
    throw invalidValue(target, 'There is no such open challenge.')
  }
  return moved.challenge
}

async function isOver(context: MfaContext, challenge: AuthenticatingChallenge) {
  const current = await showAuthentication(context, challenge)
  return refusal('CONFLICT', 'AUTHENTICATION_COMPLETE', 'This authentication is over.', { current })
}
