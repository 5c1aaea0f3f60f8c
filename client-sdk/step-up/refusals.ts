import { AssentError } from '../assent-error.ts'
import { challengeRequired, type StepUpRefusal } from './challenge-required.ts'
import type { StepUpChallenge } from './step-up-challenge.ts'
import type { StepUpResponse } from './step-up-handler.ts'

/** Why a request is not let through, as its client is told. */
export interface Refusal {
  readonly body: StepUpRefusal
  /** Seconds. */
  readonly retryAfter?: number
}

export function toBeAnswered(challenge: StepUpChallenge): Refusal {
  return { body: challengeRequired(challenge, about()) }
}

export function nobody(): Refusal {
  return refusal(401, 'unauthorized', 'Nobody is signed on.')
}

export function unavailable(retryAfter = 1): Refusal {
  const message = 'Whether this is approved can not be told at the moment. Please try again.'
  return { ...refusal(503, 'serviceUnavailable', message), retryAfter }
}

/** What is the client's to know of what the hub says; undefined: it is the service's own trouble. */
export function toRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof AssentError)) return undefined
  const { code, detail, retryAfter = 1 } = error
  if (code === 'too_many_requests') return { ...refusal(429, 'tooManyRequests', detail), retryAfter }
  // Another one took its place while it was made: the next try finds its own.
  if (code === 'challengeNotFound') return unavailable(retryAfter)
  if (code === 'noAuthenticators') return refusal(409, code, detail)
  return error.isPassing ? unavailable(retryAfter) : undefined
}

/** @param header how the challenge is to be named when the request is repeated */
export function tell(response: StepUpResponse, { body, retryAfter }: Refusal, header: string): void {
  const { statusCode } = body._error
  response.statusCode = statusCode
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Cache-Control', 'no-store')
  if (statusCode === 401) response.setHeader('WWW-Authenticate', `StepUp header="${header}"`)
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(Math.max(1, Math.ceil(retryAfter))))
  response.end(JSON.stringify(body))
}

function refusal(statusCode: number, type: string, message: string): Refusal {
  return { body: { _error: { ...about(), statusCode, type, message } } }
}

function about() {
  return { _id: crypto.randomUUID(), occurredAt: new Date().toISOString() }
}
