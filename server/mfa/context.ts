import type { Challenge } from '../challenge/challenge.ts'
import type { ChallengeContext } from '../challenge/context.ts'
import { knowing as knowingChallenge } from '../challenge/knowing.ts'
import type { Carriers } from '../delivery/delivery.ts'
import type { PushCarrier } from '../delivery/push/push.ts'
import type { YubikeyValidator } from '../yubikey/yubikey-validator.ts'
import type { Environment } from './environment.ts'
import { invalidValue } from './mfa-error.ts'
import type { OtpKeys } from './otp/sent-code.ts'

/** What the engine's use cases need. */
export interface MfaContext {
  /** The store, its queues, chance, and the challenges themselves. */
  readonly challenges: ChallengeContext
  readonly environment: Environment
  /** What messages leave by. */
  readonly carriers: Carriers
  /** What phones are woken up by. */
  readonly push: PushCarrier
  /** Who judges the codes of YubiKeys; undefined: nobody is configured. */
  readonly yubikeys: YubikeyValidator | undefined
  /** Codes that were sent are kept as digests under the first. */
  readonly otpKeys: OtpKeys
  /** Who a code app shows the codes as being for. */
  readonly issuer: string
  /** The pages that may ask FIDO devices: origins, of which the first one's host is the relying party unless said otherwise. */
  readonly origins: () => readonly string[]
  /** Whether whoever creates a device may be told the code instead of its owner. */
  readonly allowsTestMode: boolean
  /** What a QR code for a phone holds: where its app is, and what it is to do with a code there. */
  readonly phoneLink: (use: 'pair' | 'sign-on', code: string) => string
}

/** Throws when a code is to be told to whoever asks, where only its owner may know it. */
export function demandTestModeAllowed(
  { allowsTestMode }: MfaContext,
  { testMode }: { readonly testMode: boolean },
): void {
  if (testMode && !allowsTestMode) throw invalidValue('testMode', 'There is no test mode in production.')
}

/** The same context, for one call about a challenge that has just been read. */
export function knowing(context: MfaContext, challenge: Challenge): MfaContext {
  return { ...context, challenges: knowingChallenge(context.challenges, challenge) }
}
