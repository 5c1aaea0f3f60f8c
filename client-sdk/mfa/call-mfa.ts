import type { MfaProblem } from '../../server/protocol/mfa-errors.ts'
import { AssentError } from '../assent-error.ts'
import { askHub, type Hub, type HubCall } from '../call-hub.ts'
import { AssentMfaError } from './assent-mfa-error.ts'

/** What every MFA call resolves with: the answer as it came. */
export interface MfaAnswer<Body> {
  /** The answer's body; of an answer without one, an empty object. */
  readonly rawResponse: Body
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly statusCode: number
}

/** What an answer has that says only that it was done. */
export type Nothing = Readonly<Record<string, never>>

/** One MFA call; rejects with the signal's reason, or an AssentMfaError. */
export async function callMfa<Body>(hub: Hub, path: string, call: HubCall = {}): Promise<MfaAnswer<Body>> {
  try {
    return await askHub(hub, path, call, async (response) => {
      const headers = Object.fromEntries(response.headers)
      const { status: statusCode } = response
      if (!response.ok) throw await toError(response, headers)
      return { rawResponse: (statusCode === 204 ? {} : await response.json()) as Body, headers, statusCode }
    })
  } catch (error) {
    // Nobody answered.
    if (error instanceof AssentError && !(error instanceof AssentMfaError)) throw new AssentMfaError(error, error.cause)
    throw error
  }
}

async function toError(response: Response, headers: Record<string, string>): Promise<AssentMfaError> {
  const { status } = response
  const retryAfter = Number(headers['retry-after']) || undefined
  if (headers['content-type']?.startsWith('application/problem+json')) {
    const problem = (await response.json()) as MfaProblem
    if (problem.code) return new AssentMfaError({ ...problem, status, retryAfter, headers })
  }
  const detail = `Not the hub's answer: ${status}.`
  return new AssentMfaError({ code: 'unreachable', detail, status, retryAfter, headers })
}
