import type { KeyObject } from 'node:crypto'
import { deriveKey } from '../auth/derive-key.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import type { Carriers } from '../delivery/delivery.ts'
import type { PushCarrier } from '../delivery/push/push.ts'
import type { YubikeyValidator } from '../yubikey/yubikey-validator.ts'
import type { MfaContext } from './context.ts'
import { Environment } from './environment.ts'

export interface MfaOptions {
  /** `ENVIRONMENT_ID`; undefined: one is made, once for all instances. */
  readonly environmentId: string | undefined
  /** Who code apps show codes as being for. */
  readonly issuer: string
  readonly allowsTestMode: boolean
  /** `PHONE_URL`: the web app on phones; undefined: a native app that knows `assent:` links. */
  readonly phoneUrl: string | undefined
  readonly carriers: Carriers
  /** `WEBAUTHN_ORIGINS`, or the hub's own; default: none, and nobody has a FIDO device. */
  readonly origins?: () => readonly string[]
  readonly push: PushCarrier
  readonly yubikeys?: YubikeyValidator | undefined
  /** What this deployment's instances share and nobody else knows; the first is the newest. */
  readonly secrets: readonly KeyObject[]
  /** Told of an environment's id that was made here. */
  readonly onEnvironmentMade: (id: string) => void
}

export function createMfaContext(challenges: ChallengeContext, options: MfaOptions): MfaContext {
  const { environmentId, issuer, allowsTestMode, phoneUrl, carriers, push, yubikeys, secrets } = options
  const { origins = () => [], onEnvironmentMade } = options
  const [newest, ...others] = secrets.map((secret) => deriveKey(secret, 'otp'))
  if (!newest) throw new Error('the hub has no secret')
  return {
    challenges,
    environment: new Environment(challenges, environmentId, onEnvironmentMade),
    carriers,
    origins,
    push,
    yubikeys,
    otpKeys: [newest, ...others],
    issuer,
    allowsTestMode,
    // Behind the #, which no browser sends: no log and no proxy ever sees the code.
    phoneLink: (use, code) => (phoneUrl === undefined ? `assent:${use}?code=${code}` : `${phoneUrl}#${use}=${code}`),
  }
}
