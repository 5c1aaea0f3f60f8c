import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { isoBase64URL } from '@simplewebauthn/server/helpers'
import type { AssertionRequest } from '../authentication/authentication.ts'
import type { FidoCredential } from './fido-device.ts'
import type { Assertion } from './signed-response.ts'

/** What a good assertion says beside that it is good. */
export interface Signed {
  /** How often the credential has signed, as its authenticator counts. */
  readonly counter: number
  /** Whether the key may be on several machines, by way of a cloud. */
  readonly isSynced: boolean
}

/** What this credential has signed, if it did so for this request, on a page of this origin; undefined: it did not. */
export async function verifyAssertion(
  { challenge, rpId = '', userVerification }: AssertionRequest,
  { id, publicKey }: FidoCredential,
  { rawId, response }: Assertion,
  origin: string,
): Promise<Signed | undefined> {
  const { clientDataJSON, authenticatorData, signature } = response
  const outcome = await verifyAuthenticationResponse({
    response: {
      id,
      rawId,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON, authenticatorData, signature },
    },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rpId,
    requireUserVerification: userVerification === 'required',
    // Counted where it is spent: between this reading and that saving, another assertion may be taken.
    credential: { id, publicKey: isoBase64URL.toBuffer(publicKey), counter: 0 },
  }).catch(refused)
  if (!outcome?.verified) return undefined
  const { newCounter, credentialDeviceType } = outcome.authenticationInfo
  return { counter: newCounter, isSynced: credentialDeviceType === 'multiDevice' }
}

/** The verifier throws whatever is wrong, in prose: all of it means that nothing was proven. */
function refused(_why: unknown): undefined {
  return undefined
}
