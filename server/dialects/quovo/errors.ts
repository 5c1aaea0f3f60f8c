import { HubError } from '../../errors.ts'
import type { Answer } from '../../http/endpoint.ts'
import { refusalHeaders } from '../../http/refusal-headers.ts'
import { ERROR_STATUS } from '../../protocol/error-codes.ts'

/** A refusal, with the field it is about. */
export function atField({ code, detail, extras }: HubError, path: string): HubError {
  return new HubError(code, detail, { retryAfter: extras.retryAfter, errors: [{ path, message: detail }] })
}

/** How calls are refused in these words. What others than this dialect's own fields are called is nobody's affair here. */
export function tell(error: HubError): Answer {
  const { code, detail: message, extras } = error
  const status = ERROR_STATUS[code]
  const errors = (extras.errors ?? []).map((wrong) => ({ field: wrong.path, message: wrong.message }))
  return {
    status,
    body: { status, message, errors },
    headers: refusalHeaders(status, error),
  }
}
