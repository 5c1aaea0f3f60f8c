import type { HubError } from '../errors.ts'

/** What a refusal of this status says beside its body, in whose words it may be. */
export function refusalHeaders(status: number, { extras: { retryAfter } }: HubError): Record<string, string> {
  return {
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...((status === 429 || status === 503) && { 'Retry-After': String(Math.max(1, Math.ceil(retryAfter ?? 1))) }),
    // What is left of a body too large is not waited for.
    ...(status === 413 && { Connection: 'close' }),
  }
}
