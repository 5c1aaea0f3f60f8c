import type { Repeatable } from '../mfa/idempotency.ts'
import { idempotencyKey, parse } from '../mfa/parse.ts'
import type { Question } from './endpoint.ts'

/** What makes the same call again harmless; undefined: the caller did not ask for it. */
export function repeatableOf({ principal, header }: Question, what: string): Repeatable | undefined {
  const key = header('idempotency-key')
  if (key === undefined) return undefined
  return { what, caller: principal.caller, key: parse(idempotencyKey, { 'Idempotency-Key': key })['Idempotency-Key'] }
}
