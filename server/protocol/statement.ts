import type { Decision, Display, NumberMatching } from './challenge.ts'

/** The media type of a signed answer: the `typ` of its header. */
export const STATEMENT_TYPE = 'assent-decision+jwt'
/** And of the proof by which a paired device asks for a token. */
export const PROOF_TYPE = 'assent-proof+jwt'

/** And of what an app on a paired phone says to name its owner: `mobilePayload`. */
export const PAYLOAD_TYPE = 'assent-payload+jwt'

/**
 * What a paired device signs (JWS, ES256, compact) when its owner answers. `iat` is in seconds since the epoch, as JWTs
 * have it.
 */
export interface Statement {
  /** The device's id. */
  readonly iss: string
  readonly challenge: string
  /** The `version` the question had when it was shown. */
  readonly version: number
  readonly decision: Decision
  /** The digits that were typed, if any were asked for. */
  readonly number?: string
  readonly reason?: string
  /** SHA-256 of what was shown (`shownText`), base64url. */
  readonly display: string
  /** 16 random bytes or more, base64url: no two answers are alike. */
  readonly nonce: string
  readonly iat: number
}

/** What a paired device signs for a fresh token. */
export interface Proof {
  /** The environment's id. */
  readonly aud: string
  readonly iat: number
  /** 16 random bytes or more, base64url: each proof is good once. */
  readonly jti: string
}

/** What a paired device signs to say whose it is: seed 001's `mobilePayload`. Times are in seconds since the epoch. */
export interface MobilePayload {
  /** The device's id. */
  readonly iss: string
  /** The environment's id. */
  readonly aud: string
  readonly application: string
  readonly iat: number
  /** Two minutes after `iat` at most. */
  readonly exp: number
  /** 16 random bytes or more, base64url: each payload is good once. */
  readonly jti: string
}

/** A signed answer, with all that it takes to check it: `npm run verify-receipt`, or RFC 7515 and a SHA-256. */
export interface Receipt {
  readonly challenge: string
  readonly approver: string
  readonly device: string
  readonly decision: Decision
  /** What was signed: a `Statement` as a JWS in compact form. */
  readonly signature: string
  /** The device's public key: a JWK. */
  readonly publicKey: PublicKey
  /** What was shown. */
  readonly shown: Shown
  /** When the hub took it. Epoch milliseconds. */
  readonly decidedDate: number
}

/** A P-256 public key as a JWK (RFC 7517), and nothing else of it. */
export interface PublicKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
}

/** What the approver had before their eyes. */
export interface Shown {
  readonly display?: Display | undefined
  readonly numberMatching?: NumberMatching | undefined
}

/** What was shown, as one text that both sides write alike. */
export function shownText({ display, numberMatching }: Shown): string {
  return canonicalJson({ display, numberMatching })
}

/** What is hashed (SHA-256) to name a key: its thumbprint, RFC 7638. */
export function thumbprintText({ kty, crv, x, y }: PublicKey): string {
  return canonicalJson({ kty, crv, x, y })
}

/** What the new key of a phone signs to claim a pairing key. @param thumbprint of that key, base64url */
export function claimText(code: string, thumbprint: string): string {
  return `assent-claim\n${code}\n${thumbprint}`
}

/** What a paired phone signs to claim an authentication code: who its owner is, its key says. */
export function signOnText(code: string, thumbprint: string): string {
  return `assent-sign-on\n${code}\n${thumbprint}`
}

/** JSON with the names of every object in order, and without what is undefined: RFC 8785, for texts and whole numbers. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => (isObject(part) ? inOrder(part) : part))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function inOrder(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
