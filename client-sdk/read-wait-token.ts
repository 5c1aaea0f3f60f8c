import { AssentError } from './assent-error.ts'

/** What a wait token says about itself. */
export interface WaitToken {
  readonly challenge: string
  /** The `statusVersion` the challenge had when the token was minted. */
  readonly since: number
  /** When the token ends. Epoch seconds, by the store's clock: the hub judges it, never the page. */
  readonly exp?: number
}

/** Reads a wait token without verifying it: the hub does that. Throws `invalid_token`. */
export function readWaitToken(token: string): WaitToken {
  try {
    const [, claims = ''] = token.split('.')
    const read = JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/'))) as WaitToken
    if (typeof read.challenge === 'string' && typeof read.since === 'number') return read
  } catch {
    // Whatever it is, it is no JWT: told below.
  }
  throw new AssentError({ code: 'invalid_token', detail: 'This is not a wait token.' })
}
