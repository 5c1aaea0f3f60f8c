import { type PublicKeyCredentialCreationOptionsJSON, verifyRegistrationResponse } from '@simplewebauthn/server'
import { decodeAttestationObject, isoBase64URL, isoCBOR } from '@simplewebauthn/server/helpers'
import type { FidoCredential, FidoDevice, FidoType } from './fido-device.ts'
import { ALGORITHMS } from './new-fido-device.ts'
import { toPublicKey } from './public-key.ts'
import type { Attestation } from './signed-response.ts'

/**
 * The credential that an authenticator has made, if it did so for this device's challenge, for its relying party, on a
 * page of this origin; undefined: it did not.
 */
export async function verifyAttestation(
  { type, creation }: FidoDevice,
  attestation: Attestation,
  origin: string,
): Promise<FidoCredential | undefined> {
  const { id, authenticatorAttachment: attachment, response } = attestation
  const transports = response.transports ?? []
  if (!creation || !isWhereItBelongs(type, attachment)) return undefined
  const made = await registrationOf(creation, attestation, origin).catch(refused)
  // What the authenticator has made is what its answer is named for.
  if (!made || made.credential.id !== id) return undefined
  return {
    id,
    publicKey: isoBase64URL.fromBuffer(made.credential.publicKey),
    counter: made.credential.counter,
    transports,
    aaguid: made.aaguid,
    isCrossPlatform: type === 'FIDO2' ? isCarried(attachment, transports) : type === 'SECURITY_KEY',
  }
}

async function registrationOf(
  { challenge, rp, authenticatorSelection }: PublicKeyCredentialCreationOptionsJSON,
  { id, rawId, response: { clientDataJSON, attestationObject } }: Attestation,
  origin: string,
) {
  const { registrationInfo } = await verifyRegistrationResponse({
    response: {
      id,
      rawId,
      type: 'public-key',
      clientExtensionResults: {},
      response: { clientDataJSON, attestationObject: withoutStatement(attestationObject) },
    },
    expectedChallenge: challenge,
    expectedOrigin: origin,
    expectedRPID: rp.id ?? '',
    requireUserVerification: authenticatorSelection?.userVerification === 'required',
    supportedAlgorithmIDs: ALGORITHMS,
  })
  // What was cut off at its end is read all the same, as less.
  if (registrationInfo) toPublicKey(registrationInfo.credential.publicKey)
  return registrationInfo
}

/**
 * No statement about the authenticator's maker is asked for, so none is believed: to look at one, certificates of a
 * stranger's choice would have to be followed to addresses of theirs. Throws when it is no attestation object.
 */
function withoutStatement(object: string): string {
  const authData = decodeAttestationObject(isoBase64URL.toBuffer(object)).get('authData')
  const none = new Map<string, CBORType>()
  none.set('fmt', 'none').set('attStmt', new Map()).set('authData', authData)
  return isoBase64URL.fromBuffer(isoCBOR.encode(none))
}

type CBORType = Parameters<typeof isoCBOR.encode>[0]

/** Where the browser says nothing, what it was told to look for is what it has found. */
function isWhereItBelongs(type: FidoType, attachment: Attestation['authenticatorAttachment']): boolean {
  if (type === 'PLATFORM') return attachment !== 'cross-platform'
  return type === 'FIDO2' || attachment !== 'platform'
}

function isCarried(attachment: Attestation['authenticatorAttachment'], transports: readonly string[]): boolean {
  return attachment ? attachment === 'cross-platform' : transports.length > 0 && !transports.includes('internal')
}

/** The verifier throws whatever is wrong, in prose: all of it means that nothing was proven. */
function refused(_why: unknown): undefined {
  return undefined
}
