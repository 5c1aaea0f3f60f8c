import { type AuthenticatingChallenge, type Authentication, advanced } from '../authentication/authentication.ts'
import { purposeOf } from '../authentication/engage-device.ts'
import { moveAuthentication } from '../authentication/move-authentication.ts'
import { failed, NO_CODE } from '../authentication/spent-code.ts'
import type { MfaContext } from '../context.ts'
import { verifySentCode } from '../otp/sent-code.ts'
import { asMade } from '../unmistakable.ts'
import { attempt, type FailedAttempt, toRefusal } from '../users/attempt.ts'
import { PICTURE_RULE } from './engage-picture.ts'

/**
 * Takes what a person has read. Wrong answers are counted with the challenge, in the commit that judges them: whoever reads
 * pictures guesses at nothing of anybody's, and takes nothing from who has devices.
 */
export async function checkPicture(
  context: MfaContext,
  { id }: AuthenticatingChallenge,
  typed: string,
): Promise<AuthenticatingChallenge> {
  let wrong: { readonly attempt: FailedAttempt; readonly now: number } | undefined
  const moved = await moveAuthentication(context, id, (current, now) => {
    const { code, misread = 0 } = current.kept
    const verdict = verifySentCode(context.otpKeys, purposeOf(id), code, asMade(typed), now)
    const { attempt: ended, lock } = attempt({ failures: misread, until: 0 }, verdict, PICTURE_RULE, now)
    wrong = ended.outcome === 'right' ? undefined : { attempt: ended, now }
    if (ended.outcome === 'right') return completed(current)
    const isLast = 'attemptsRemaining' in ended && ended.attemptsRemaining === 0
    return isLast ? failed(current) : { part: advanced(current, { kept: { misread: lock.failures } }) }
  })
  if (wrong) throw toRefusal(wrong.attempt, wrong.now)
  return moved
}

function completed(current: Authentication) {
  return { part: advanced(current, { step: { status: 'COMPLETED' }, kept: NO_CODE }), end: 'approved' as const }
}
