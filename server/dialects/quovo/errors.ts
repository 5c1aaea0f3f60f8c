import { HubError } from '../../errors.ts'
import type { Answer } from '../../http/endpoint.ts'
import { ERROR_STATUS } from '../../protocol/error-codes.ts'

/** A refusal, with the field it is about. */
export function atField({ code, detail, extras }: HubError, path: string): HubError {
  return new HubError(code, detail, { retryAfter: extras.retryAfter, errors: [{ path, message: detail }] })
}

/** How calls are refused in these words. What others than this dialect's own fields are called is nobody's affair here. */
export function tell({ code, detail: message, extras }: HubError): Answer {
  const status = ERROR_STATUS[code]
  const errors = (extras.errors ?? []).map((wrong) => ({ field: wrong.path, message: wrong.message }))
  return {
    status,
    body: { status, message, errors },
    headers: {
      ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
      ...((status === 429 || status === 503) && {
        'Retry-After': String(Math.max(1, Math.ceil(extras.retryAfter ?? 1))),
      }),
      // What is left of a body too large is not waited for.
      ...(status === 413 && { Connection: 'close' }),
    },
  }
}
