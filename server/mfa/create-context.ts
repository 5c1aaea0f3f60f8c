import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { ChallengeContext } from '../challenge/context.ts'
import type { Carriers } from '../delivery/delivery.ts'
import type { MfaContext } from './context.ts'
import { Environment } from './environment.ts'

const KEY_BYTES = 32

export interface MfaOptions {
  /** `ENVIRONMENT_ID`; undefined: one is made, once for all instances. */
  readonly environmentId: string | undefined
  /** Who code apps show codes as being for. */
  readonly issuer: string
  readonly allowsTestMode: boolean
  readonly carriers: Carriers
  /** What this deployment's instances share and nobody else knows. */
  readonly secret: KeyObject
  /** Told of an environment's id that was made here. */
  readonly onEnvironmentMade: (id: string) => void
}

export function createMfaContext(challenges: ChallengeContext, options: MfaOptions): MfaContext {
  const { environmentId, issuer, allowsTestMode, carriers, secret, onEnvironmentMade } = options
  const otpKey = createSecretKey(Buffer.from(hkdfSync('sha256', secret.export(), '', 'assent otp', KEY_BYTES)))
  return {
    challenges,
    environment: new Environment(challenges, environmentId, onEnvironmentMade),
    carriers,
    otpKey,
    issuer,
    allowsTestMode,
  }
}
