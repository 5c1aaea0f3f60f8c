import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import type { Random } from '../../challenge/context.ts'
import type { DevicePolicy } from '../policies.ts'
import type { AnyDevice } from '../users/device.ts'
import type { User } from '../users/user.ts'
import { type FidoDevice, type FidoType, isFido } from './fido-device.ts'
import type { RelyingParty } from './relying-party.ts'
import { toDescriptor } from './request-options.ts'

/** EdDSA, ES256, RS256: between them every authenticator has one. */
export const ALGORITHMS = [-8, -7, -257]

/** As long as a person may take to find their key. Milliseconds. */
const TIMEOUT_MS = 300_000

interface Ingredients {
  readonly device: AnyDevice & { readonly type: FidoType }
  readonly userId: string
  readonly user: User
  readonly rp: RelyingParty
  readonly policy: DevicePolicy
  readonly random: Random
}

/** A FIDO device that waits for what it is to sign. */
export function newFidoDevice({ device, userId, user, rp, policy, random }: Ingredients): FidoDevice {
  const others = user.devices.filter(isFido)
  const handle = others[0]?.handle ?? random.id()
  const known = others.filter((other) => other.rp.id === rp.id).flatMap((other) => toDescriptor(other))
  const creation: PublicKeyCredentialCreationOptionsJSON = {
    rp: { id: rp.id, name: rp.name },
    user: { id: handle, name: userId, displayName: userId },
    challenge: random.id(),
    pubKeyCredParams: ALGORITHMS.map((alg) => ({ alg, type: 'public-key' })),
    timeout: TIMEOUT_MS,
    attestation: 'none',
    // An authenticator that the user has registered already is not registered twice.
    excludeCredentials: known,
    authenticatorSelection: { ...SELECTION[device.type], userVerification: policy.fido2.userVerification },
    extensions: { credProps: true },
  }
  return { ...device, rp, handle, creation }
}

/**
 * What is registered here shall be found without a user's name, too: a passkey. Security keys have room for few of those,
 * and old ones for none: they do it if they can.
 */
const SELECTION = {
  FIDO2: { residentKey: 'required', requireResidentKey: true },
  PLATFORM: { residentKey: 'required', requireResidentKey: true, authenticatorAttachment: 'platform' },
  SECURITY_KEY: { residentKey: 'preferred', requireResidentKey: false, authenticatorAttachment: 'cross-platform' },
} as const satisfies Record<FidoType, object>
