import { createHash } from 'node:crypto'
import type { AssertionRequest } from '../authentication/authentication.ts'
import { isActive } from '../users/device.ts'
import { provenBefore, withProof } from '../users/tries.ts'
import { type User, type UserChange, withChangedDevice } from '../users/user.ts'
import { invalidAssertion, unusable } from './assertion-refusals.ts'
import { type FidoDevice, isFido } from './fido-device.ts'
import type { Assertion } from './signed-response.ts'
import type { Signed } from './verify-assertion.ts'

/** Says nothing of another challenge, nor of another answer to this one. */
export function proofOf({ challenge }: AssertionRequest, { id, response }: Assertion): string {
  const { authenticatorData, clientDataJSON, signature } = response
  const said = [challenge, id, authenticatorData, clientDataJSON, signature]
  return createHash('sha256').update(said.join('\n')).digest('base64url')
}

export interface Answer {
  readonly id: string
  readonly until: number
  readonly proof: string
  readonly device: FidoDevice
  readonly signed: Signed
}

/** Counts an assertion with its device, before its challenge moves; said again for the same challenge, it is the same. */
export function spendAssertion(
  user: User,
  { id, until, proof, device, signed }: Answer,
  now: number,
): UserChange<FidoDevice> {
  const known = user.devices.find((each) => each.id === device.id)
  if (!known || !isFido(known) || !isActive(known) || !known.credential) throw unusable()
  if (provenBefore(user, id, proof) === known.id) return { result: known }
  const { credential } = known
  if (hasDouble(credential.counter, signed.counter)) {
    throw invalidAssertion('The authenticator has signed later than this: it may have a double.')
  }
  const used = { ...known, credential: { ...credential, counter: signed.counter } }
  return {
    next: withProof(withChangedDevice(user, used), { challenge: id, until, proof, device: used.id }, now),
    result: used,
  }
}

/** W3C WebAuthn, 7.2: one that counts, and counts no further, has a double. */
function hasDouble(known: number, counter: number): boolean {
  return (known > 0 || counter > 0) && counter <= known
}
