import type { Request } from 'express'
import { browserName } from '../browser-name.ts'

/** Where a request comes from, for a person to recognise. */
export function visitorOf(request: Request): { readonly browser: string; readonly address: string } {
  return {
    browser: browserName(request.headers['user-agent']),
    address: request.ip?.replace(/^::ffff:/, '') ?? 'an unknown address',
  }
}
