import type { Request, Response } from 'express'
import type { Backend, Mfa, StepUp } from '../../client-sdk/index.ts'
import { type Cookies, cookiesOf } from './cookies.ts'
import type { Seals } from './seals.ts'

/** How the bank speaks to the hub: with a backend's token, which no page ever sees. */
export interface Hub {
  readonly backend: Backend
  readonly mfa: Mfa
  readonly stepUp: StepUp
}

export interface Bank {
  /** With a fresh token. */
  readonly hub: () => Hub
  readonly seals: Seals
}

/** One request to the bank. */
export interface Visit {
  readonly hub: Hub
  readonly cookies: Cookies
}

export function visit({ hub, seals }: Bank, request: Request, response: Response): Visit {
  // The bank's routers are one level below it, and its cookies are for all of them.
  const path = request.baseUrl.slice(0, request.baseUrl.lastIndexOf('/'))
  return { hub: hub(), cookies: cookiesOf(seals, path, request, response) }
}
