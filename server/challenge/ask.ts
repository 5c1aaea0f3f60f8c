import type { Decision, Display } from '../protocol/challenge.ts'
import type { AuthenticationChange } from './action.ts'
import { type AuthenticationPart, type Challenge, type ExpectedNumber, NUMBER_ATTEMPTS } from './challenge.ts'

/** What an authentication asks a person at one of their devices. */
export interface Ask {
  readonly user: string
  readonly device: string
  /** Epoch milliseconds. */
  readonly until: number
  readonly display: Display
  /** The digits the page shows from now on; undefined: none are asked for. */
  readonly number?: Pick<ExpectedNumber, 'digits' | 'number'> | undefined
}

/** What comes of a question: an answer, too many wrong numbers, or nothing in time. */
export type Answered = Decision | 'wrong_number' | 'timed_out'

/** What the engine above makes of it. Pure, as all rules are. */
export type EngineRule = (part: AuthenticationPart, answered: Answered, now: number) => AuthenticationChange

/** How a challenge ends that an answer ends. */
export const ENDS = { approve: 'approved', deny: 'denied', wrong_number: 'denied', timed_out: 'timed_out' } as const

/** Where there is no engine, an answer is an end. */
export const NO_ENGINE: EngineRule = (part, answered) => ({ part, end: ENDS[answered] })

/** Undefined: it is no authentication's question. */
export function answerByEngine(
  { authentication }: Challenge,
  answered: Answered,
  now: number,
  engine: EngineRule,
): AuthenticationChange | undefined {
  return authentication && { ask: 'nobody', ...engine(authentication, answered, now) }
}

/** What comes of a question that nobody answered in time. */
export function lapsed(challenge: Challenge, now: number, engine: EngineRule): AuthenticationChange {
  return answerByEngine(challenge, 'timed_out', now, engine) ?? { part: undefined, end: ENDS.timed_out, ask: 'nobody' }
}

/** The challenge with its new question, or with none. Wrong numbers count for the challenge, however often it asks. */
export function asked(challenge: Challenge, ask: Ask | 'nobody'): Challenge {
  if (ask === 'nobody') {
    const { asked: _asked, delivery: _delivery, ...rest } = challenge
    return rest
  }
  const attemptsRemaining = challenge.numberMatching?.attemptsRemaining ?? NUMBER_ATTEMPTS
  const { numberMatching: _before, ...rest } = challenge
  return {
    ...rest,
    approver: ask.user,
    display: ask.display,
    asked: { device: ask.device, version: challenge.version, until: ask.until },
    delivery: 'queued',
    ...(ask.number && { numberMatching: { ...ask.number, attemptsRemaining } }),
  }
}
