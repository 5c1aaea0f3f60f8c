import type { AuthenticationChange } from '../../challenge/action.ts'
import { CREATED_WITHIN_MS } from '../../challenge/ask-approver.ts'
import type { AuthenticationPart, Challenge } from '../../challenge/challenge.ts'
import { findChallenge } from '../../challenge/find-challenge.ts'
import { moveChallenge } from '../../challenge/move-challenge.ts'
import { HubError } from '../../errors.ts'
import { isCodePart } from '../authentication-codes/authentication-code.ts'
import type { MfaContext } from '../context.ts'
import { invalidValue, notFound, refusal } from '../mfa-error.ts'
import { type AuthenticatingChallenge, type Authentication, advanced, isAuthentication } from './authentication.ts'
import { showAuthentication } from './authentication-view.ts'
import { unlessReplaced } from './only-one.ts'

/** An authentication as it stands; throws `NOT_FOUND` when there is none such. */
export async function getAuthentication(context: MfaContext, id: string): Promise<AuthenticatingChallenge> {
  const challenge = await findChallenge(context.challenges, id)
  if (!isAuthentication(challenge)) throw notFound()
  return unlessReplaced(context, challenge)
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
      const { part, end, ask, until } = advance(before as Authentication, now)
      if (part === before) return { part }
      // Whatever else is to be proven now, no phone is asked any more.
      const isAsking = part.step.status === 'PUSH_CONFIRMATION_REQUIRED' && end === undefined
      const kept = { steppedAt: now }
      return { part: advanced(part, { kept }), end, until, ask: ask ?? (isAsking ? undefined : 'nobody') }
    },
  })
  const challenge: Challenge | undefined = moved?.challenge
  if (!isAuthentication(challenge)) throw notFound()
  if (moved?.refusal && ended === 'refused') throw await isOver(context, challenge)
  return challenge
}

/** Throws when an authentication that was only opened has been begun. */
export function demandNotBegun({ step }: Authentication): void {
  if (step.status === 'AUTHENTICATION_REQUIRED') return
  throw refusal('INVALID_REQUEST', 'INVALID_ACTION', 'This authentication has begun.', { target: 'action' })
}

/** How a challenge is named that is to be driven. */
const WAITING = 'waitingChallenge'

/** Throws when a challenge can't become an authentication: unknown, over, one already, or somebody's to approve. */
export async function demandDrivable({ challenges }: MfaContext, id: string): Promise<Challenge> {
  const challenge = await findChallenge(challenges, id)
  if (!challenge || challenge.complete) throw invalidValue(WAITING, 'There is no such open challenge.')
  if (challenge.authentication && !isPassed(challenge.authentication, challenges.store.now())) throw taken()
  demandUndecided(challenge)
  return challenge
}

function demandUndecided({ status, approver }: Challenge): void {
  if (status === 'approved') throw invalidValue(WAITING, 'This challenge says that it is approved already.')
  // Their word alone would approve it, whatever was proven.
  if (approver !== undefined) throw invalidValue(WAITING, 'This challenge is an approver’s to answer.')
}

function taken() {
  return invalidValue(WAITING, 'This challenge has an authentication already.')
}

/**
 * Makes a challenge that is open already an authentication; throws when it can't be one.
 * @param wish a repeat of the same wish may have been quicker: then it is that one
 * @param begunAt when the inbox was told of it. Epoch milliseconds
 */
export async function beginOn(
  context: MfaContext,
  id: string,
  change: AuthenticationChange,
  { wish, begunAt }: { wish: string | undefined; begunAt: number },
): Promise<Challenge> {
  const moved = await moveChallenge(context.challenges, id, {
    type: 'authenticate',
    advance: (before, now, present) => {
      // It may have become somebody's to answer, or be said to be approved, at this very moment.
      if (!before) demandUndecided(present)
      if (change.ask && change.ask !== 'nobody' && now >= begunAt + CREATED_WITHIN_MS) throw tookTooLong()
      if (!before || isPassed(before, now)) return change
      if (wish !== undefined && (before.kept as { begunBy?: unknown }).begunBy === wish) return { part: before }
      throw taken()
    },
  })
  if (!moved || moved.refusal) {
    throw invalidValue(WAITING, 'There is no such open challenge.')
  }
  if (change.ask && !moved.challenge.complete) context.challenges.onAsked(moved.challenge)
  return moved.challenge
}

/** An authentication code that nobody has claimed in time stands in nobody's way. */
function isPassed(part: AuthenticationPart, now: number): boolean {
  return isCodePart(part) && part.step.status === 'UNCLAIMED' && now >= part.kept.expiresAt
}

/** An entry in the inbox whose question is not there after so long is taken for one that leads nowhere. */
export function tookTooLong(): HubError {
  return new HubError('busy', 'This took too long. Try again.', { retryAfter: 1 })
}

async function isOver(context: MfaContext, challenge: AuthenticatingChallenge) {
  const current = await showAuthentication(context, challenge)
  return refusal('CONFLICT', 'AUTHENTICATION_COMPLETE', 'This authentication is over.', { current })
}
