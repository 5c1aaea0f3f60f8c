import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { HubError } from '../errors.ts'
import { ERROR_STATUS, type ErrorCode, type Problem } from '../protocol/error-codes.ts'
import { send } from './answer-endpoint.ts'
import type { Endpoint } from './endpoint.ts'
import { refusalHeaders } from './refusal-headers.ts'
import { SECURITY_HEADER_LINES, setSecurityHeaders } from './security-headers.ts'

const TITLES: Record<ErrorCode, string> = {
  invalid_request: 'The request is not acceptable',
  invalid_token: 'The token is not acceptable',
  expired_token: 'The token has expired',
  insufficient_scope: 'The token does not allow this',
  challenge_not_found: 'No such challenge',
  not_found: 'Nothing here',
  method_not_allowed: 'This method is not known here',
  request_timeout: 'The request did not come in time',
  challenge_complete: 'The challenge is complete',
  payload_too_large: 'The body is too large',
  unsupported_media_type: 'The body must be JSON',
  signature_required: 'Signature required',
  malformed_signature: 'Malformed signature',
  foreign_key: 'Foreign key',
  signature_mismatch: 'Signature mismatch',
  stale_signature: 'Stale signature',
  clock_skew: 'Clock skew',
  number_mismatch: 'Wrong number',
  idempotency_key_reused: 'The Idempotency-Key was used before',
  too_many_requests: 'Too many requests',
  approver_silenced: 'The approver may not be asked',
  headers_too_large: 'The headers are too large',
  internal: 'An error of ours',
  store_unavailable: 'The store is away',
  busy: 'Busy',
  overloaded: 'Overloaded',
  draining: 'Shutting down',
}

/** Answers with RFC 9457 problem details: the one place where an error becomes an HTTP response. */
export function sendProblem(response: ServerResponse, error: HubError): void {
  setSecurityHeaders(response)
  const status = ERROR_STATUS[error.code]
  const headers = refusalHeaders(status, error)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Type', 'application/problem+json')
  const json = JSON.stringify(toProblem(error))
  response.setHeader('Content-Length', Buffer.byteLength(json))
  response.statusCode = status
  response.end(json)
}

/** The same, where others than the hub's own words may have to be used. */
export function sendRefusal(response: ServerResponse, error: HubError, tell: Endpoint['tell']): void {
  if (tell) send(response, tell(error))
  else sendProblem(response, error)
}

/** The same as bytes, for a connection that has no response to write to; it is to be closed after them. */
export function writtenProblem(error: HubError): string {
  const status = ERROR_STATUS[error.code]
  const json = JSON.stringify(toProblem(error))
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nCache-Control: no-store\r\n` +
    `${SECURITY_HEADER_LINES}Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`
  )
}

function toProblem({ code, detail, extras }: HubError): Problem {
  const { errors, attemptsRemaining, record } = extras
  return {
    type: `urn:assent:problem:${code}`,
    title: TITLES[code],
    status: ERROR_STATUS[code],
    code,
    detail,
    ...(errors && { errors }),
    ...(attemptsRemaining !== undefined && { attemptsRemaining }),
    ...(record !== undefined && { record }),
  }
}
