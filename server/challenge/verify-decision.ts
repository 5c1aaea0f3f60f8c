import { z } from 'zod'
import { nonce, readSigned } from '../auth/device-signature.ts'
import { HubError } from '../errors.ts'
import type { Decision } from '../protocol/challenge.ts'
import { STATEMENT_TYPE } from '../protocol/statement.ts'
import type { PairedDevice } from './approver.ts'
import type { SignedDecision } from './signed-decision.ts'

/** By so much a device's clock may be wrong, and so old an answer may be that was given while the hub was out of reach. Milliseconds. */
const SKEW_MS = 5 * 60_000

/** What has to be in a signed answer. */
export const statement = z.strictObject({
  iss: z.string(),
  challenge: z.string(),
  version: z.number().int().positive(),
  decision: z.enum(['approve', 'deny']),
  number: z.string().optional(),
  reason: z.string().optional(),
  display: z.string(),
  nonce,
  iat: z.number(),
})

/** An answer as it was said beside its signature. */
export interface SaidDecision {
  readonly challenge: string
  readonly decision: Decision
  readonly number?: string | undefined
  readonly reason?: string | undefined
  readonly signature?: string | undefined
}

/**
 * Checks that a paired device has signed the very answer that was said. Whether it is the answer to what is asked now, the
 * rules compare when it is saved. Throws what the device must be told, each wrong thing by its own word.
 */
export function verifyDecision(user: string, device: PairedDevice, said: SaidDecision, now: number): SignedDecision {
  if (said.signature === undefined) {
    throw new HubError('signature_required', 'A paired device has to sign what its owner answers.')
  }
  const signed = readSigned(said.signature, device.publicKey, STATEMENT_TYPE, statement)
  const isSame =
    signed.iss === device.id &&
    signed.challenge === said.challenge &&
    signed.decision === said.decision &&
    signed.number === said.number &&
    signed.reason === said.reason
  if (!isSame) throw new HubError('signature_mismatch', 'Something else was signed than is said beside it.')
  if (Math.abs(signed.iat * 1_000 - now) > SKEW_MS) {
    throw new HubError('clock_skew', "The device's clock is wrong, or this was signed too long ago.")
  }
  const { version, display } = signed
  return { user, device: device.id, publicKey: device.publicKey, signature: said.signature, version, display }
}
