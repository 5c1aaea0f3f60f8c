import { z } from 'zod'
import { publicKey, readSigned, thumbprintOf } from '../auth/device-signature.ts'
import { HubError } from '../errors.ts'
import { type PublicKey, type Receipt, STATEMENT_TYPE } from '../protocol/statement.ts'
import { hashOfShown } from './signed-decision.ts'
import { statement } from './verify-decision.ts'

/** No later one can be written down. Epoch milliseconds. */
const LATEST_DATE = 8.64e15

const receipt = z.object({
  challenge: z.string(),
  approver: z.string(),
  device: z.string(),
  decision: z.enum(['approve', 'deny']),
  signature: z.string(),
  publicKey,
  shown: z.strictObject({ display: z.unknown(), numberMatching: z.unknown() }).partial(),
  decidedDate: z.number().min(0).max(LATEST_DATE),
})

/**
 * What is wrong with a receipt; nothing: the key it names has signed this decision on what was shown. Needs no hub, no
 * store and no secret.
 * @param input what `GET /v1/challenges/{challenge}/receipt` answered
 * @param known the device's key by other records; undefined: the receipt's own word is taken for it
 */
export function findFaults(input: unknown, known?: PublicKey): string[] {
  const parsed = receipt.safeParse(input)
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  const given = parsed.data as Receipt
  const faults: string[] = []
  if (known && thumbprintOf(known) !== thumbprintOf(given.publicKey)) faults.push('publicKey: is another key')
  try {
    const signed = readSigned(given.signature, given.publicKey, STATEMENT_TYPE, statement)
    if (signed.challenge !== given.challenge) faults.push('challenge: another one was signed')
    if (signed.iss !== given.device) faults.push('device: another one has signed')
    if (signed.decision !== given.decision) faults.push('decision: another one was signed')
    if (signed.display !== hashOfShown(given.shown)) faults.push('shown: something else was signed')
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    faults.push(`signature: ${error.detail}`)
  }
  return faults
}
