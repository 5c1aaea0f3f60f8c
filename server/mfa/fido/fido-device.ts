import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server'
import type { DeviceType } from '../../protocol/mfa.ts'
import type { AnyDevice, Device } from '../users/device.ts'
import type { RelyingParty } from './relying-party.ts'

/** `PLATFORM` is built into what the user sits at, `SECURITY_KEY` is carried along, `FIDO2` is either. */
export const FIDO_TYPES = ['FIDO2', 'PLATFORM', 'SECURITY_KEY'] as const

export type FidoType = (typeof FIDO_TYPES)[number]

/** It signs what it is asked. */
export interface FidoDevice extends AnyDevice {
  readonly type: FidoType
  readonly rp: RelyingParty
  /** How the authenticator names its user: random, and the same on all devices of theirs. base64url. */
  readonly handle: string
  /** What it has to sign to become active; gone when it has. */
  readonly creation?: PublicKeyCredentialCreationOptionsJSON | undefined
  /** What it signs with, once it is active. */
  readonly credential?: FidoCredential | undefined
}

/** The public half of a key pair, and what its authenticator said of it. */
export interface FidoCredential {
  /** base64url. */
  readonly id: string
  /** COSE, base64url. */
  readonly publicKey: string
  /** How often it has signed, as it counts; one that does not count always says 0. */
  readonly counter: number
  readonly transports: readonly string[]
  /** The authenticator's model: a UUID; all zeros where it does not tell. */
  readonly aaguid: string
  /** Whether it is carried from machine to machine. */
  readonly isCrossPlatform: boolean
}

export function isFidoType(type: DeviceType): type is FidoType {
  return (FIDO_TYPES as readonly DeviceType[]).includes(type)
}

export function isFido(device: Device): device is FidoDevice {
  return isFidoType(device.type)
}
