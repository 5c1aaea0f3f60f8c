/** Why a step-up call is refused, in the words of the hub's `/auth/challenges`. What any call is refused with has the hub's own words. */
export const STEP_UP_CODES = [
  'challengeNotFound',
  'challengedExpired',
  'challengedNotVerified',
  'challengedAlreadyRedeemed',
  'redeemChallengeConflict',
  'noAuthenticators',
  'authenticatorNotFound',
  'authenticatorNotCompletable',
  'authenticatorAttemptsExceeded',
  'invalidAuthenticatorState',
  'invalidAuthenticatorAttributes',
  'noSuchDevice',
] as const

export type StepUpCode = (typeof STEP_UP_CODES)[number]
