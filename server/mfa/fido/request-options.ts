import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server'
import type { Random } from '../../challenge/context.ts'
import type { FidoDevice } from './fido-device.ts'

type Descriptor = NonNullable<PublicKeyCredentialRequestOptionsJSON['allowCredentials']>[number]

export interface AssertionWish {
  readonly rpId: string
  /** Any of these may sign; none: whichever knows the relying party, and says whose it is. */
  readonly devices: readonly FidoDevice[]
  readonly userVerification: 'required' | 'preferred' | 'discouraged'
  /** A challenge that the backend brought; undefined: a random one. base64url. */
  readonly challenge: string | undefined
  readonly timeoutMs: number
}

/** What a browser is told to have signed. Each time there is another challenge, and it is good for one assertion. */
export function requestOptions(
  random: Random,
  { rpId, devices, userVerification, challenge, timeoutMs }: AssertionWish,
): PublicKeyCredentialRequestOptionsJSON {
  return {
    challenge: challenge ?? random.id(),
    rpId,
    allowCredentials: devices.flatMap(toDescriptor),
    userVerification,
    timeout: Math.max(0, timeoutMs),
  }
}

/** How a browser knows a device's credential; none: it has none yet. */
export function toDescriptor({ credential }: FidoDevice): Descriptor[] {
  if (!credential) return []
  // What a newer browser calls a transport, this one may not know yet, and passes on all the same.
  const transports = credential.transports as NonNullable<Descriptor['transports']>
  return [{ id: credential.id, type: 'public-key', ...(transports.length > 0 && { transports: [...transports] }) }]
}
