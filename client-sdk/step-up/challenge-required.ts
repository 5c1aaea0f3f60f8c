import type { StepUpChallenge } from './step-up-challenge.ts'

/** The body of a refusal. */
export interface StepUpRefusal {
  readonly _error: {
    /** Names this very refusal, for logs. */
    readonly _id?: string
    readonly statusCode: number
    readonly type: string
    readonly message: string
    /** ISO 8601 in UTC. */
    readonly occurredAt?: string
    /** With `challengeRequired`: the challenge to answer before the request is repeated. */
    readonly _embedded?: { readonly challenge: StepUpChallenge }
  }
}

/**
 * The body of a 401 that says: answer this challenge, and ask again.
 *
 * @example
 * response.status(401).json(challengeRequired(challenge))
 */
export function challengeRequired(
  challenge: StepUpChallenge,
  about: { readonly _id?: string; readonly message?: string; readonly occurredAt?: string } = {},
): StepUpRefusal {
  const message = 'This has to be approved first. Answer the challenge, and repeat the request with its id.'
  return {
    _error: { message, ...about, statusCode: 401, type: 'challengeRequired', _embedded: { challenge } },
  }
}
