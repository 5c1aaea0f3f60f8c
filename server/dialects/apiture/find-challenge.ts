import type { Question } from '../../http/endpoint.ts'
import type { AuthenticatingChallenge } from '../../mfa/authentication/authentication.ts'
import { getAuthentication } from '../../mfa/authentication/move-authentication.ts'
import { offeredDevices } from '../../mfa/authentication/offered-devices.ts'
import { hasPlace } from '../../mfa/authentication/only-one.ts'
import { isProven, isRedeemed } from '../../mfa/authentication/redeem-authentication.ts'
import type { MfaContext } from '../../mfa/context.ts'
import { notFound } from '../../mfa/mfa-error.ts'
import { id } from '../../mfa/parse.ts'
import { Refused } from './errors.ts'
import { NAME } from './name.ts'
import { stateOf, statusOf, toChallenge } from './translate.ts'

/** The challenge that a path names. Throws for one that was not begun here, and for one that was deleted, as for one unknown. */
export async function findChallenge(context: MfaContext, { params }: Question): Promise<AuthenticatingChallenge> {
  const named = id.safeParse(params.challenge)
  if (!named.success) throw notFound()
  const challenge = await getAuthentication(context, named.data)
  const isOurs = challenge.authentication.kept.memo?.of === NAME
  const isDeleted = statusOf(challenge) === 'CANCELLED'
  // Of what is open it has just been seen.
  const counts = !challenge.complete || (await hasPlace(context, challenge))
  if (!isOurs || isDeleted || !counts) throw notFound()
  return challenge
}

/** A challenge in the words of this dialect. */
export async function showChallenge(context: MfaContext, challenge: AuthenticatingChallenge) {
  const redeemed = isProven(challenge) && (await isRedeemed(context, challenge))
  return toChallenge(challenge, await offeredDevices(context, challenge), redeemed)
}

/** Throws why nothing more can be proven. */
export function demandPending(challenge: AuthenticatingChallenge): void {
  const state = stateOf(challenge, false)
  if (state === 'pending') return
  if (state === 'expired') throw new Refused('challengedExpired', 'The challenge has expired.')
  const { error } = challenge.authentication.kept
  if (error) throw new Refused('authenticatorAttemptsExceeded', error.message)
  throw new Refused('authenticatorNotCompletable', `The challenge is over: it is ${state}.`)
}
