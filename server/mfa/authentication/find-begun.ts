import { findChallenge } from '../../challenge/find-challenge.ts'
import { type CodeChallenge, isCode } from '../authentication-codes/authentication-code.ts'
import type { MfaContext } from '../context.ts'
import { type AuthenticatingChallenge, isAuthentication } from './authentication.ts'
import type { Memo } from './manner.ts'

/** An authentication, or the code of one whose user is not known yet. */
export type BegunChallenge = AuthenticatingChallenge | CodeChallenge

/** What has this memo of whoever began it; undefined: there is none such, or others began it. */
export async function findBegun(
  { challenges }: MfaContext,
  of: Memo['of'],
  id: string,
): Promise<BegunChallenge | undefined> {
  const challenge = await findChallenge(challenges, id)
  const begun = isAuthentication(challenge) || isCode(challenge) ? challenge : undefined
  return begun && memoOf(begun).of === of ? begun : undefined
}

/** What whoever began it wanted to be told again. */
export function memoOf({ authentication }: BegunChallenge): Partial<Memo> {
  return authentication.kept.memo ?? {}
}
