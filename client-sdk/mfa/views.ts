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
