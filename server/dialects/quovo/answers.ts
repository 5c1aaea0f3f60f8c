import { HubError } from '../../errors.ts'
import { checkOtp } from '../../mfa/authentication/check-otp.ts'
import { chooseOnConnection } from '../../mfa/connections/choose-on-connection.ts'
import { askedBy, readStanding, type Standing } from '../../mfa/connections/standing.ts'
import { knowing, type MfaContext } from '../../mfa/context.ts'
import { MfaError } from '../../mfa/mfa-error.ts'
import type { MfaDetailCode } from '../../protocol/mfa-errors.ts'
import { atField } from './errors.ts'
import { type Given, toKey } from './parse.ts'

/** A wrong answer is an answer: how things stand after it says so. */
const WRONG: readonly MfaDetailCode[] = ['INVALID_OTP', 'OTP_EXPIRED', 'OTP_ATTEMPTS_LIMIT']

/** Takes answers in order, all or none: as one question is open at a time, a second answer is always one too many. */
export async function takeAnswers(mfa: MfaContext, number: number, answers: readonly Given[]): Promise<void> {
  const standing = await readStanding(mfa, number)
  demandOpen(standing, answers)
  const [first] = answers
  if (!first || !standing.challenge) return
  const { challenge, question } = standing
  try {
    if (question?.choices)
      await chooseOnConnection(knowing(mfa, challenge), challenge, question.choices, toKey(first.answer))
    else await checkOtp(knowing(mfa, challenge), challenge.id, { otp: first.answer })
  } catch (error) {
    if (!(error instanceof MfaError)) throw error
    const [detail] = error.details
    if (detail && WRONG.includes(detail.code)) return
    // Nothing of the answer is said to be wrong: it came too late.
    const field = detail?.target === undefined || detail.target === 'action' ? 'challenge_id' : 'answer'
    throw atField(error, `answers[0].${field}`)
  }
}

/** Throws unless each answers what is open, and none what another one answers; the first that does not is told of. */
function demandOpen(standing: Standing, answers: readonly Given[]): void {
  for (const [at, { challenge_id }] of answers.entries()) {
    const asked = askedBy(standing, challenge_id)
    const refuse = (code: 'not_found' | 'challenge_complete', why: string) =>
      atField(new HubError(code, why), `answers[${at}].challenge_id`)
    if (asked === 'unknown') throw refuse('not_found', 'There is no such challenge on this connection.')
    if (asked === 'over' || at > 0) throw refuse('challenge_complete', 'This challenge is over, or has been answered.')
  }
}
