import { createHash } from 'node:crypto'
import type { Decision } from '../protocol/challenge.ts'
import { type PublicKey, type Receipt, type Shown, shownText } from '../protocol/statement.ts'
import type { Challenge } from './challenge.ts'

/** An answer that its device has signed, once the signature was found to be the device's. */
export interface SignedDecision {
  readonly user: string
  readonly device: string
  readonly publicKey: PublicKey
  /** The JWS. */
  readonly signature: string
  /** Which version was shown, and the hash of what. */
  readonly version: number
  readonly display: string
}

/** What an approver is shown of a challenge, as it is signed. */
export function shownOf({ display, numberMatching }: Challenge): Shown {
  return { ...(display && { display }), ...(numberMatching && { numberMatching: numberMatching.digits }) }
}

/** Whether what was signed is another question than the one that is asked now. */
export function isOutdated(challenge: Challenge, { version, display }: SignedDecision): boolean {
  const since = challenge.asked?.version ?? 1
  return version < since || version > challenge.version || display !== hashOfShown(shownOf(challenge))
}

/** SHA-256, base64url. */
export function hashOfShown(shown: Shown): string {
  return createHash('sha256').update(shownText(shown)).digest('base64url')
}

export function toReceipt(challenge: Challenge, decision: Decision, signed: SignedDecision, now: number): Receipt {
  const { user, device, publicKey, signature } = signed
  return {
    challenge: challenge.id,
    approver: user,
    device,
    decision,
    signature,
    publicKey,
    shown: shownOf(challenge),
    decidedDate: now,
  }
}
