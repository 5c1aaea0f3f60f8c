import { type Answered, ENDS, type EngineRule } from '../../challenge/ask.ts'
import type { AuthenticationStatus } from '../../protocol/mfa.ts'
import { answeredCode, isCodePart } from '../authentication-codes/authentication-code.ts'
import { type Authentication, advanced, SIGNED_ANSWER } from './authentication.ts'

const STATUS = {
  approve: 'COMPLETED',
  deny: 'PUSH_CONFIRMATION_REJECTED',
  wrong_number: 'FAILED',
  timed_out: 'PUSH_CONFIRMATION_TIMED_OUT',
} as const satisfies Record<Answered, AuthenticationStatus>

const WRONG_NUMBERS = { code: 'NUMBER_ATTEMPTS_LIMIT', message: 'There were too many wrong numbers.' }

/** What comes of a question to a phone. Where another way may be tried, "no" and silence are no end. */
export const answerRule: EngineRule = (part, answered, now) => {
  if (isCodePart(part)) return answeredCode(part, answered, now)
  const authentication = part as Authentication
  const goesOn = authentication.kept.retryable && (answered === 'deny' || answered === 'timed_out')
  const kept = {
    steppedAt: now,
    ...(answered === 'approve' && { authenticators: SIGNED_ANSWER }),
    ...(answered === 'wrong_number' && { error: WRONG_NUMBERS }),
  }
  return {
    part: advanced(authentication, { step: { status: STATUS[answered] }, kept }),
    ...(!goesOn && { end: ENDS[answered] }),
  }
}
