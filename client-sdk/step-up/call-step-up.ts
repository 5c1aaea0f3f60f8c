import type { ErrorCode } from '../../server/protocol/error-codes.ts'
import { AssentError, type AssentErrorCode } from '../assent-error.ts'
import { askHub, type Hub, type HubCall } from '../call-hub.ts'
import { STEP_UP_CODES } from './step-up-codes.ts'

/** What the hub refuses with below `/auth`. */
interface Refused {
  readonly _error?: {
    readonly type?: string
    readonly message?: string
    readonly attributes?: { readonly attemptsRemaining?: number }
  }
}

/** For what has no word of step-up's own. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'invalid_token',
  403: 'insufficient_scope',
  404: 'not_found',
  429: 'too_many_requests',
  500: 'internal',
  503: 'store_unavailable',
}

/** One call below `/auth`; rejects with the signal's reason, or an AssentError. */
export function callStepUp<Answer>(hub: Hub, path: string, call: HubCall = {}): Promise<Answer> {
  return askHub(hub, path, call, async (response) => {
    if (!response.ok) throw await toError(response)
    return (response.status === 204 ? undefined : await response.json()) as Answer
  })
}

async function toError(response: Response): Promise<AssentError> {
  const { status, headers } = response
  const retryAfter = Number(headers.get('retry-after')) || undefined
  const isJson = headers.get('content-type')?.startsWith('application/json')
  const refused = isJson ? ((await response.json()) as Refused)._error : undefined
  if (!refused) {
    const detail = `Not the hub's answer: ${status}.${status === 404 ? ' Is /auth among its DIALECTS?' : ''}`
    return new AssentError({ code: 'unreachable', detail, status, retryAfter })
  }
  const code = codeOf(refused.type, status)
  const { message = code, attributes } = refused
  const attemptsRemaining = attributes?.attemptsRemaining
  return new AssentError({ code, detail: message, status, retryAfter, attemptsRemaining })
}

function codeOf(type: string | undefined, status: number): AssentErrorCode {
  return STEP_UP_CODES.find((code) => code === type) ?? BY_STATUS[status] ?? 'invalid_request'
}
