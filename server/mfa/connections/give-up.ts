import { findChallenge } from '../../challenge/find-challenge.ts'
import { isAuthentication } from '../authentication/authentication.ts'
import { cancelAuthentication } from '../authentication/change-authentication.ts'
import type { MfaContext } from '../context.ts'

/** Ends an authentication that nobody can answer any more, if it is there and still open. */
export async function giveUp(context: MfaContext, id: string): Promise<void> {
  const challenge = await findChallenge(context.challenges, id)
  if (!isAuthentication(challenge) || challenge.complete) return
  await cancelAuthentication(context, id, {}, 'whatever it is')
}
