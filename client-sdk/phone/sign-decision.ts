import type { ApprovalView, Decision } from '../../server/protocol/challenge.ts'
import { STATEMENT_TYPE, type Statement, shownText } from '../../server/protocol/statement.ts'
import type { DecisionDetails } from '../decide.ts'
import { hash, newNonce, signJws } from './phone-signature.ts'

export interface DecisionToSign {
  readonly device: string
  readonly decision: Decision
  /** What was shown. */
  readonly approval: ApprovalView
  readonly details: DecisionDetails
  /** Seconds since the epoch. */
  readonly at: number
}

/** Signs an answer, and what it is the answer to. */
export async function signDecision(keys: CryptoKeyPair, toSign: DecisionToSign): Promise<string> {
  const { device, decision, approval, details, at } = toSign
  const statement: Statement = {
    iss: device,
    challenge: approval.challenge,
    version: approval.version,
    decision,
    ...(details.number !== undefined && { number: `${details.number}` }),
    ...(details.reason !== undefined && { reason: details.reason }),
    display: await hash(shownText(approval)),
    nonce: newNonce(),
    iat: at,
  }
  return signJws(keys, STATEMENT_TYPE, statement)
}
