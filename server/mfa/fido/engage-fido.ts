import type { Kept } from '../authentication/authentication.ts'
import type { Offered } from '../authentication/choose-device.ts'
import type { MfaContext } from '../context.ts'
import { refusal } from '../mfa-error.ts'
import type { DevicePolicy } from '../policies.ts'
import { isUndeliverable, policyFor } from '../users/codes.ts'
import type { Device } from '../users/device.ts'
import { FIDO_TYPES, type FidoDevice, isFido } from './fido-device.ts'
import { relyingPartyOf } from './relying-party.ts'
import { requestOptions } from './request-options.ts'

export interface FidoEngagement {
  readonly kept: Pick<Kept, 'ownChallenge'>
  readonly policy: DevicePolicy
  readonly device: FidoDevice
  /** Those that may answer in its place, where nobody has asked for it by name. */
  readonly others: readonly Device[]
  /** When the challenge is over. Epoch milliseconds. */
  readonly until: number
}

/**
 * Asks a FIDO device to sign. Whoever was not asked which one they have at hand may take any that signs for the same
 * relying party: the browser finds out.
 */
export function engageFido(
  { challenges: { store, random } }: MfaContext,
  { kept, policy, device, others, until }: FidoEngagement,
) {
  const inPlace = others.filter(isFido).filter(({ id, rp }) => id !== device.id && rp.id === device.rp.id)
  return {
    assertion: requestOptions(random, {
      rpId: device.rp.id,
      devices: [device, ...inPlace],
      userVerification: policy.fido2.userVerification,
      challenge: kept.ownChallenge,
      timeoutMs: until - store.now(),
    }),
    // It is good for one question; the next one has a random one.
    ownChallenge: undefined,
  } satisfies Partial<Kept>
}

/** Asks for whatever FIDO device somebody has who is not named. Nothing else proves who it is: so the user is always verified. */
export function engageAnybody(
  context: MfaContext,
  { kept, policy, until }: { readonly kept: Offered & Pick<Kept, 'ownChallenge'>; policy: DevicePolicy; until: number },
) {
  const isPossible = FIDO_TYPES.some(
    (type) =>
      policyFor(policy, type).enabled && !isUndeliverable(context, type) && (kept.types?.includes(type) ?? true),
  )
  if (!isPossible || kept.compatibility === 'NONE') {
    throw refusal(
      'REQUEST_FAILED',
      'NO_USABLE_DEVICES',
      'No FIDO device may be used here, and nothing else says who it is.',
    )
  }
  const { store, random } = context.challenges
  return {
    step: { status: 'ASSERTION_REQUIRED' as const },
    kept: {
      assertion: requestOptions(random, {
        rpId: relyingPartyOf(context, policy, kept.rpId === undefined ? undefined : { id: kept.rpId }).id,
        devices: [],
        userVerification: 'required',
        challenge: kept.ownChallenge,
        timeoutMs: until - store.now(),
      }),
      ownChallenge: undefined,
    },
  }
}
