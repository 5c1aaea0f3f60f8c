import type { Link } from '../../server/protocol/mfa.ts'

/* What MFA calls answer with beside devices and authentications. Times are ISO 8601 in UTC. */

export interface Duration {
  readonly duration: number
  readonly timeUnit: 'SECONDS' | 'MINUTES' | 'HOURS'
}

interface FailureRule {
  readonly count: number
  readonly coolDown: Duration
}

interface SentCodes {
  readonly enabled: boolean
  readonly otp: { readonly failure: FailureRule; readonly lifeTime: Duration }
}

interface OwnCodes {
  readonly enabled: boolean
  readonly otp: { readonly failure: FailureRule }
}

interface OnOrOff {
  readonly enabled: boolean
}

/** What must be proven, and the limits. */
export interface DeviceAuthenticationPolicyView {
  readonly id: string
  readonly name: string
  readonly default: boolean
  readonly forSignOnPolicy: boolean
  readonly sms: SentCodes
  readonly email: SentCodes
  readonly voice: SentCodes
  readonly mobile: {
    readonly enabled: boolean
    readonly otp: { readonly failure: FailureRule; readonly window: { readonly stepSize: Duration } }
  }
  readonly totp: OwnCodes
  readonly oathToken: OwnCodes
  readonly yubikey: OwnCodes
  readonly platform: OnOrOff
  readonly securityKey: OnOrOff
  readonly fido2: OnOrOff & { readonly rpId?: string; readonly rpName?: string; readonly userVerification: string }
  readonly desktop: OnOrOff
  readonly authentication: { readonly deviceSelection?: string }
  /** Absent of the policy that Assent came with, until it is changed. */
  readonly createdAt?: string
  readonly updatedAt?: string
}

/** A code that a phone scans to sign its owner on. */
export interface AuthenticationCodeView {
  readonly id: string
  readonly code?: string
  /** What the QR holds. */
  readonly uri?: string
  readonly status: 'UNCLAIMED' | 'CLAIMED' | 'COMPLETED' | 'DENIED' | 'FAILED' | 'EXPIRED'
  readonly userApproval: 'REQUIRED' | 'NOT_REQUIRED'
  /** Once it is claimed. */
  readonly user?: { readonly id: string }
  readonly application: { readonly id: string }
  readonly lifeTime: Duration
  readonly clientContext?: Readonly<Record<string, string>>
  readonly error?: { readonly code: string; readonly message: string }
  readonly createdAt: string
  readonly updatedAt: string
  readonly expiresAt: string
  readonly _links: Readonly<Record<string, Link>>
  readonly _embedded?: {
    readonly device?: ClaimingDevice
    /** At creation with the waiting page's token. */
    readonly challenge?: { readonly challenge: string; readonly waitToken?: string }
  }
}

/** The phone that has claimed a code, as it described itself when it was paired. */
export interface ClaimingDevice {
  readonly id: string
  readonly os?: { readonly type?: string; readonly version?: string }
  readonly model?: { readonly name?: string; readonly marketingName?: string }
  readonly application?: { readonly nativeName?: string; readonly version?: string }
}
